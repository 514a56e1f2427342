"""US equities for the local venues: calendar, demo securities, their past and their tape."""
