"""`incidents`: what was held back from history, and a person's word on it."""

from flows.commands.shared import OK, Options, effects_of, settings_of, speaker
from flows.errors import UsageError
from flows.output import print_rows
from warehouse.incident_desk import listed_incidents

_DECISIONS = {True: "accepted", False: "dismissed"}


def incidents(
    options: Options, incident: str | None, *, accept: bool, dismiss: bool, closed: bool, fmt: str
) -> int:
    """The open incidents, or the end of one."""
    if accept and dismiss:
        raise UsageError("an incident is accepted or dismissed, not both")
    if incident is None and (accept or dismiss):
        raise UsageError("name the incident to decide; `pressdiff incidents` lists them")
    settings = settings_of(options)
    if incident is None:
        names, rows = listed_incidents(settings.place, closed=closed)
        print_rows(names, rows, fmt)
        return OK
    if not accept and not dismiss:
        raise UsageError(f"say what to do with {incident}: --accept or --dismiss")
    from flows.held import settle_incident

    effects = effects_of(options, lambda _source_id, _looks: None)
    decision = _DECISIONS[accept]
    incident_id, outcomes = settle_incident(settings, incident, decision, effects)
    came = ", ".join(f"{many} {name}" for name, many in sorted(outcomes.items()))
    speaker(options)(
        f"incident {incident_id} is {decision}" + (f": {came}" if came else "; no look changed")
    )
    return OK
