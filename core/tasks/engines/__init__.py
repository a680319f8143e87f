"""The engines that run tasks; all of them keep the state of a task in the tables of the database."""
