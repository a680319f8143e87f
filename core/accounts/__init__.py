"""Accounts of people: who they are, their roles in projects, who may do what, invitations.

Importing this package is cheap: the gate needs :class:`core.accounts.actor.Actor` before anything else is loaded.
"""
