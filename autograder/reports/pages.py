"""Templates into pages: everything escaped and cleaned, whatever a template forgets."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.reports.text import counted, number, plain, prose


def render(template: str, **values: object) -> str:
    """The page that `templates/<template>` makes of these values."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("autograder.reports"),
        autoescape=True,
        finalize=lambda value: plain(value) if type(value) is str else value,  # Markup is ours and stays
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, counted=counted, prose=prose)
    return environment
