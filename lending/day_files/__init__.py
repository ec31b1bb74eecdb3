"""The day files of joint lending: what each funding partner is told of a business date, and what it answers.

layout     which files there are and which columns each has; the writer, the checker and docs/day_files.md follow it
text       a file as text, written and read back
parts      the partner's part of an amount
standing   how loans stand at the end of a day, from their stored rows
events     what happened to loans, from their events and their postings
writing    a day's set, written once
checker    a set read back and checked
sending    a set sent, its answer imported
"""
