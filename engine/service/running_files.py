"""What runs, as a check would report it: its campaigns and its compiled mails, to compare the working files with."""

from __future__ import annotations

from engine.content.mails import CompiledMail, MailKey
from engine.service.check import CheckReport
from engine.service.home import Home
from engine.service.running import Running
from engine.store.bundles import read_blob
from engine.store.database import reading


def running_files(home: Home, running: Running) -> CheckReport:
    """The applied bundle. Pictures and config are those of the files, as a bundle keeps neither for this."""
    mails: dict[MailKey, CompiledMail] = {}
    with reading(home.store) as connection:
        for digest in running.mails.values():
            blob = read_blob(connection, digest)
            if blob is not None:
                mail = CompiledMail.from_json(blob.content.decode())
                mails[mail.key] = mail
    return CheckReport(home.path, (), home.config, running.programme.campaigns, mails, {})
