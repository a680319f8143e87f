"""The dataset report: one page about a dataset with all that was measured, for a person who decides whether to use it.

Its headings follow Gebru et al., Datasheets for Datasets (2021). A section is a function of a :class:`Source` in its
file and its line in ``SECTIONS`` of ``sections.py``; what a check has measured is reported by the check itself, when it
has ``report(result)`` (see :class:`core.checks.base.Reporting`), else as a plain list of its numbers.
"""
