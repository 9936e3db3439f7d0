"""The command line: names and short helps of all commands; each command's module is imported when it is called."""

from __future__ import annotations

import importlib
import re
from typing import Any, NamedTuple

import typer
from typer._click.exceptions import ClickException
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from engine import __version__
from engine.errors import ProblemsError, RipelineError, did_you_mean

EXIT_INTERRUPTED = 130


class Entry(NamedTuple):
    """A command: the module under `engine.cli.commands` that defines `command`, its panel, its one-line help.

    A `hidden` one is for other processes, and not listed.
    """

    module: str
    panel: str
    help: str
    hidden: bool = False


AUTHOR, LEADS, OPERATE = "Write campaigns", "Leads", "Run the home"

COMMANDS: dict[str, Entry] = {
    "init": Entry("init", AUTHOR, "Lay out a new home, with four campaigns to start from."),
    "new": Entry("new", AUTHOR, "Make a campaign, a mail or a theme, with texts to start from."),
    "check": Entry("check", AUTHOR, "Find every mistake in campaigns, templates and config."),
    "test": Entry("test", AUTHOR, "Play the scenarios of campaigns: these mails, at these times, for this lead."),
    "preview": Entry("preview", AUTHOR, "Look at every mail and every campaign while you write them."),
    "review": Entry("review", AUTHOR, "Write mails, journeys and plan as one file for the pull request."),
    "send-test": Entry("send_test", AUTHOR, "Send a mail to test recipients, outside the statistics."),
    "test-run": Entry("test_run", AUTHOR, "Send every mail of a campaign, on all its ways, to test recipients."),
    "plan": Entry("plan", AUTHOR, "Show what applying the files would do to leads."),
    "simulate": Entry("simulate", AUTHOR, "Play months of all leads on a virtual clock: mails, funnels, collisions."),
    "apply": Entry("apply", AUTHOR, "Make the files what runs, after showing what changes."),
    "winner": Entry("winner", AUTHOR, "Choose the variant of a mail that every lead to come gets."),
    "rollback": Entry("rollback", AUTHOR, "Go back to an earlier bundle, after showing what changes."),
    "fmt": Entry("fmt", AUTHOR, "Lay out campaigns, scenarios and config in one way."),
    "schema": Entry("schema", AUTHOR, "Let editors complete and explain the keys of your files."),
    "completion": Entry("completion", AUTHOR, "Let your shell complete commands, options and names."),
    "demo": Entry("demo", AUTHOR, "See it all work: 200 leads, 30 days, about a minute."),
    "import": Entry("import_", LEADS, "Import leads (CSV, JSONL) or their events."),
    "import-deals": Entry("import_deals", LEADS, "Import deals (CSV, JSONL): what came of leads, and what it brought."),
    "import-costs": Entry(
        "import_costs", LEADS, "Import costs (CSV, JSONL): what was spent on campaigns, fairs and other sources."
    ),
    "export": Entry("export", LEADS, "Export leads."),
    "why": Entry("why", LEADS, "Tell a lead's story: what it got or did not get, why, and what comes next."),
    "score": Entry("score", LEADS, "Show a lead's score line by line, or score all leads anew."),
    "account": Entry("account", LEADS, "Show a company: its people, their roles and scores, and who is missing."),
    "sales": Entry("sales", LEADS, "What sales has in hand, who is near, and what it answers."),
    "task": Entry("task", LEADS, "Tasks that campaigns wait for: list them, or say what came of one."),
    "show": Entry("show", LEADS, "Show a mail exactly as it was sent."),
    "merge": Entry("merge", LEADS, "Make one lead of two that are the same person."),
    "suppress": Entry("suppress", LEADS, "Never mail an address again."),
    "erase": Entry("erase", LEADS, "Erase everything about a person."),
    "run": Entry("run", OPERATE, "Run the home: journey, senders and tracker."),
    "serve": Entry("serve", OPERATE, "Run a tracker or the API alone, behind a balancer."),
    "status": Entry("status", OPERATE, "What runs, who waits where, what went out, what needs a person."),
    "doctor": Entry("doctor", OPERATE, "Which practices of lead nurturing this home has, and what to do next."),
    "report": Entry("report", OPERATE, "What came of it all: reports on leads, campaigns, sales and money."),
    "pause": Entry("pause", OPERATE, "Pause a campaign, or all sending."),
    "resume": Entry("resume", OPERATE, "Go on after a pause, or after sending was held."),
    "backup": Entry("backup", OPERATE, "Back up a home: store, keys, spool and files."),
    "restore": Entry("restore", OPERATE, "Restore a home from a backup."),
    "audit": Entry("audit", OPERATE, "Mails of unknown fate, with the evidence there is."),
    "keys": Entry("keys", OPERATE, "The keys that sign links, mails and webhooks, and the keys of the API."),
    "webhook": Entry("webhook", OPERATE, "Post a signed sample to a webhook."),
    "outbox": Entry("outbox", OPERATE, "What waits to be told to other programs; try it again."),
    "crm": Entry("crm", OPERATE, "How the connection to the CRM stands; try it, or read what changed there now."),
    "history": Entry("history", OPERATE, "The bundles that were applied, by whom and when."),
    "send": Entry("send", OPERATE, "Run one sending process; `run` starts them.", hidden=True),
}

VISIBLE = [name for name, entry in COMMANDS.items() if not entry.hidden]


class LazyGroup(TyperGroup):
    """Knows every command by name, and imports the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return VISIBLE

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command as the overview shows it."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        return TyperCommand(cmd_name, help=entry.help, short_help=entry.help, rich_help_panel=entry.panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, imported."""
        name = args[0]
        if name not in COMMANDS:
            hint = did_you_mean(name, VISIBLE) or "`ripeline --help` lists the commands."
            ctx.fail(f"there is no command '{name}'. {hint}")
        return name, _loaded(name, COMMANDS[name]), args[1:]


def _loaded(name: str, entry: Entry) -> Any:
    module = importlib.import_module(f"engine.cli.commands.{entry.module}")
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.command(name=name, help=flowing(module.__doc__ or ""))(module.command)
    command = typer.main.get_command(app)
    for parameter in command.params:
        if isinstance(parameter, TyperOption | TyperArgument):
            parameter.help = (parameter.help or "").replace("[", "\\[")
            parameter.metavar = _unbracketed(parameter.metavar)
    return command


def _unbracketed(metavar: str | None) -> str | None:
    """`[LEAD]` as `LEAD`: the toolkit puts brackets around what may be left out by itself."""
    alone = metavar is not None and metavar.startswith("[") and metavar.count("[") == 1
    return metavar.replace("[", "").replace("]", "").rstrip("…") if metavar is not None and alone else metavar


def flowing(words: str) -> str:
    """A command's words for a terminal of any width: paragraphs without line breaks of their own; `[` is no markup."""
    return "\n\n".join(_flowing(paragraph) for paragraph in words.replace("[", "\\[").split("\n\n"))


def _flowing(paragraph: str) -> str:
    indented = paragraph.startswith(" ")
    return paragraph if indented else " ".join(paragraph.split())


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ripeline {__version__}")
        raise typer.Exit


def build() -> Any:
    """The whole command line."""
    app = typer.Typer(
        cls=LazyGroup,
        rich_markup_mode="rich",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,  # typer's own imports a command to complete its options; see engine.cli.completion
    )

    @app.callback(help="Ripeline: lead nurturing as code.")
    def ripeline(
        version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Say the version."),
    ) -> None:
        """Options of the program itself."""

    return typer.main.get_command(app)


def run(arguments: list[str] | None = None) -> int:
    """Run a command and say how it ended: 0 well, 1 an expected failure (told in a sentence), 2 wrong usage."""
    try:
        result: Any = build().main(args=arguments, prog_name="ripeline", standalone_mode=False)
    except ClickException as error:
        error.message = _plainer(error.message)
        error.show()
        return error.exit_code
    except ProblemsError as error:
        return _tell_problems(error)
    except RipelineError as error:
        typer.secho(f"ripeline: {error}", fg="red", err=True)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        result = EXIT_INTERRUPTED
    if result == EXIT_INTERRUPTED:  # the toolkit turns Ctrl-C within a command into this answer
        typer.echo("stopped.", err=True)
    return int(result) if isinstance(result, int) else 0


def _plainer(message: str) -> str:
    """The toolkit's complaint without its inner words: what was given, and what is expected."""
    bare = message.replace("Value error, ", "")
    return re.sub(r"does not match the formats '%Y-%m-%d'.*", "is no day: write one as 2026-10-01.", bare)


def _tell_problems(error: ProblemsError) -> int:
    """Every mistake at its place, as `check` shows them."""
    from engine.cli.home import shown

    shown(error.problems)
    return error.exit_code
