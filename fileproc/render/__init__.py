"""Reports as text for other programs and for people who were not there: pure functions from documents to text.

A document is what `Report.to_document()` gives, or what a service has stored. One module a format; all of them say the
same words (title, found, agreed, fix), because they take them from the causes and write none of their own.
"""
