"""Grades as others read them: a page for the student, one for staff, a table. Nothing is run or judged."""
