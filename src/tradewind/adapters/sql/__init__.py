"""What SQL stores share: tables, migrations, and the ports on top of them by SQLAlchemy Core."""
