"""PostgreSQL where it is not one database among others: the journal, with its own deadlines."""
