"""The store: the only door to SQLAlchemy. Tables, journal, views, migrations."""
