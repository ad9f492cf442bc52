"""Any zip, folder or bulk download becomes submissions: read with caution, named in sentences, never run."""

from autograder.intake.arrival import Arrival, IntakeError
from autograder.intake.layouts import discover
from autograder.intake.people import doubles
from autograder.intake.receive import receive
from autograder.intake.submit import bundle, preview

__all__ = ["Arrival", "IntakeError", "bundle", "discover", "doubles", "preview", "receive"]
