"""`guestpass compare`: is PowerUserAccess good for a developer?"""

from __future__ import annotations

from pathlib import Path

from guestpass.cli.options import Account, Output
from guestpass.cli.talk import Talk


def compare(
    pass_file: Path,
    /,
    *templates: str,
    account: Account | None = None,
    output: Output | None = None,
) -> int:
    """Hold a template, PowerUserAccess for instance, against a pass.

    Says in words what the job needs and the template lacks, asked as the job would ask: on its resources, with its
    tags, in its regions. Then what the template gives beyond the job, how far the job's own actions reach with it,
    which doors it opens and which known ways to more rights it holds, beside what the pass itself would.
    Several templates are put in order. A template's text is read from the account where it can be reached, else
    from guestpass's dated copy.
    Exits 0 where each template gives what is needed and no more, 3 where one does not, 4 where that is not clear.

    Parameters
    ----------
    pass_file
        The pass: `pass.yaml`.
    templates
        Policies that AWS manages, by name, or files with a policy document; PowerUserAccess where none is named.
    """
    from guestpass.cli.templates import template_texts
    from guestpass.errors import InputError
    from guestpass.loan import read_pass
    from guestpass.loan.compare import compare as held
    from guestpass.loan.compare import held_by_pass
    from guestpass.report.compare import Template, compare_json, compare_page

    talk = Talk(output or Output())
    pass_ = read_pass(pass_file)
    texts = template_texts(templates or ("PowerUserAccess",), account or Account(), pass_)
    told = tuple(
        Template(
            comparison=held(pass_, text.name, text.document),
            source=text.source,
            version=text.version,
            date=text.date,
        )
        for text in texts
    )
    try:
        own = held_by_pass(pass_)
    except InputError as error:
        # the templates can be judged all the same; `plan` stops at it
        own = None
        talk.say(f"the pass itself is not beside them: {error.says}")
    talk.show(compare_page(told, own=own, until=pass_.until), compare_json(told, own=own))
    talk.next(f"guestpass plan {pass_file}")
    good = {each.comparison.good for each in told}
    return 3 if False in good else 4 if None in good else 0
