"""What each warning of `check` means, why it matters and how to mend it. The reference page is generated from this.

W0 files, W1 rules, W2 campaigns, W4 templates, W5 what mail programs, mailboxes and readers make of a mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A kind of warning: its reason in a sentence, why it is told, and what to do. The two latter are Markdown."""

    reason: str
    why: str
    mend: str


FINDINGS: Mapping[str, Finding] = {
    "W001": Finding(
        "A file in campaigns/ is no campaign, by its name.",
        "Only files whose name ends in `.toml` are read, so what stands in this one never runs.",
        "Rename it, or move it out of `campaigns/`.",
    ),
    "W002": Finding(
        "A silence silences nothing.",
        "What it was written for is mended, or stands in another file. Left there, it would hide the next finding of "
        "that code, which nobody has looked at.",
        "Take it out. This finding itself cannot be silenced.",
    ),
    "W010": Finding(
        "What is posted to a webhook is not signed.",
        "Whoever learns the receiver's address can post to it in your name, and the receiver cannot tell. A signature "
        "by a shared secret (Standard Webhooks) proves that a message is yours, unaltered and new.",
        "Make a secret with `ripeline keys --webhook NAME`, name its file in `secret_file`, give it to the receiver.",
    ),
    "W110": Finding(
        "A rule is switched off: it says false.",
        "Nobody ever passes it. That is fine for a day and forgotten after a month.",
        "Write the rule that is meant, or take it out.",
    ),
    "W111": Finding(
        "A rule holds for every lead.",
        "It asks nothing. Mostly `or` stands where `and` was meant, or a value is compared with itself.",
        "Narrow the rule; where really all are meant, write `true`.",
    ),
    "W203": Finding(
        "A priority has no effect, because the campaign is in no lane.",
        "Priority decides between campaigns of one lane; outside of a lane all run beside each other.",
        "Give the campaign a `lane`, or take `priority` out.",
    ),
    "W204": Finding(
        "A lane is probably misspelled.",
        "A lead would be in two campaigns at a time that were meant to take turns.",
        "Write the lane as the other campaigns do.",
    ),
    "W210": Finding(
        "Nobody will ever enter a campaign once it is live.",
        "It has neither `enter` nor `on`. In a live campaign this is the mistake E210.",
        "Add a rule `enter` or an event `on`.",
    ),
    "W221": Finding(
        "A stage advances by opens alone.",
        "An open says little: Apple's privacy proxy, scanners and previews open mails that nobody reads. Ripeline does "
        "not count those, so whoever reads in such a program never advances, and who advances has perhaps not read.",
        "Ask for an act: `clicked(…)`, `replied`, an event of your product; or for both.",
    ),
    "W222": Finding(
        "A mail comes too late, or never, for leads in some time zones.",
        "A date without a time of day is one instant for all the world, and the window opens in each zone at another. "
        "Where it opens only after the date, the mail announces what is over; where two mails meet at one opening, the "
        "first is dropped.",
        'Give `at` a time of day (`"1 day before vars.starts 10:00"`), which is each lead\'s own and overrides the '
        "window; let the mail go earlier; or make it operational, if the lead asked for it.",
    ),
    "W223": Finding(
        "The waits of a stage put more mails into a time than the caps let through.",
        "The mail is held until the cap frees, so the pace that the file says is not the one that leads get, and other "
        "campaigns are held up too.",
        "Lengthen the wait, or raise `[caps] marketing` in config.",
    ),
    "W224": Finding(
        "An operational mail goes to leads who did nothing to ask for it.",
        "Operational mail passes caps, windows and the marketing opt-out. The law (CAN-SPAM § 7702(17), in the EU "
        "ePrivacy art. 13) allows that for what answers an act of the recipient: an order, a registration, a trial.",
        'Take `kind = "operational"` out, or let an act come first: `on = "event(…)"`, an `advance` by an event or a '
        "click, a `when` on the step.",
    ),
    "W225": Finding(
        "A theme has no mail for a stage that every theme should serve.",
        "Leads of that stage find nothing about the problem they have. Which stages are asked for says "
        "`[check] stages` in config; `ripeline check --coverage` shows all themes and stages.",
        "Write the mail and a step that sends it, or take the stage out of `[check] stages`.",
    ),
    "W227": Finding(
        "Variants are compared by opens.",
        "Most opens are machines': Apple's privacy proxy and scanners open mails that nobody reads. Ripeline counts "
        "those of people only, and they are the few whose program tells. No winner is ever chosen by opens.",
        "Compare by `clicked` (the default), `replied` or the campaign's `goal`.",
    ),
    "W228": Finding(
        "A variant that was chosen as the winner is not in its step any more.",
        "A winner is kept with its words. Where these change, nobody knows whether the new ones win too; so each lead "
        "gets its own variant again, and the experiment goes on.",
        "Write the words as they were, or choose again with `ripeline winner`. To end the old choice: `--undo`.",
    ),
    "W226": Finding(
        "A time of the week is named at which the window is closed.",
        "The mail waits for the next opening, so it never goes at the time that the file says.",
        "Name a time within the window, or widen the window.",
    ),
    "W231": Finding(
        "Nothing says who the mails of a campaign are from.",
        "Once the campaign is live this is the mistake E231.",
        "Add `from` to the campaign, or `[sender] default` to config.",
    ),
    "W232": Finding(
        "An owner's address is not on a verified domain, so that the other sender is taken.",
        "Mail from a domain that you cannot sign for fails DMARC, and so Ripeline does not send it.",
        "Verify the domain and add it to `verified_domains`, or give the owner another address.",
    ),
    "W233": Finding(
        "Mail is from the lead's owner, and config knows no owners.",
        "Every mail falls back to the other sender.",
        "Fill `[sender.owners]`.",
    ),
    "W263": Finding(
        "A rule asks for a role that config does not know.",
        "Roles say who decides, pays, recommends or uses. One that is spelled otherwise than in `[accounts] roles` is "
        "never met where imports write it as there.",
        "Write a role of `[accounts] roles`, or add this one to them.",
    ),
    "W405": Finding(
        "The preheader repeats the subject.",
        "Mail programs show both side by side; the second chance to say something is lost.",
        "Say what the subject does not.",
    ),
    "W406": Finding(
        "A picture has no text for those who do not see it.",
        "Many programs show no pictures until asked, and screen readers read out the file's name (WCAG 2.2, 1.1.1).",
        'Write `alt="…"` with what the picture says, or `alt=""` where it is decoration.',
    ),
    "W407": Finding(
        "A mail is so long that Gmail cuts it, or nearly.",
        "Gmail shows about the first 102 KB of the HTML and a link to the rest (measured by many, among them "
        "spamresource.com 2022; Google gives no figure). What is cut off is the end: the way to unsubscribe, and the "
        "pixel that counts opens. Counted is the HTML part of a sample mail as it is sent, links and all.",
        "Shorten it, or move parts to a page.",
    ),
    "W408": Finding(
        "An element of HTML is not closed.",
        "Mail programs guess where it ends, each differently.",
        "Close it.",
    ),
    "W409": Finding(
        "No campaign sends a mail that is written.",
        "Work that nobody gets, or a step that names another mail than was meant.",
        "Name it in a step, or delete it. In config `[check] silence` keeps drafts quiet.",
    ),
    "W410": Finding(
        "A mail holds a placeholder of another tool.",
        "It would reach the lead as it stands: `*|FNAME|*`.",
        "Write it as Ripeline does: `{{ lead.first_name }}`.",
    ),
    "W501": Finding(
        "Mail programs that count do not show an element.",
        "What stands in it is missing there, or looks like plain text. The facts are those of caniemail.com; which "
        "programs count says `[check] clients` in config.",
        "Use what all of them know: tables, pictures, links; or let a page do it, with a link to it.",
    ),
    "W502": Finding(
        "Mail programs that count do not know a style that the layout rests on.",
        "Columns fall apart, pieces lie over each other, a size or a colour is missing. Styles whose absence only "
        "makes a mail plainer (rounded corners, shadows) are not told, nor those within `@media`, nor those that an "
        "earlier declaration of the same property stands in for.",
        "Use tables for columns, `background-color` beneath pictures, hexadecimal colours and widths in px or %.",
    ),
    "W503": Finding(
        "Mail programs that count do not show a kind of picture.",
        "There is a hole where the picture should be.",
        "Save it as PNG, JPEG or GIF.",
    ),
    "W511": Finding(
        "A mail does not say in which language it is, or says another one.",
        "Screen readers pronounce by it, and programs offer to translate by it (WCAG 2.2, 3.1.1).",
        'Write `<html lang="{{ language }}">` in the layout.',
    ),
    "W512": Finding(
        "The colour of a text is too near to that of its ground.",
        "People with tired eyes, in the sun, or with a poor screen cannot read it. WCAG 2.2, 1.4.3 asks for a contrast "
        "of 4.5, and of 3 for large text (24 px, or 18.66 px bold). Judged are the colours that stand in the elements, "
        "and once more those of `@media (prefers-color-scheme: dark)`, if the mail has such rules. Not judged is what "
        "nobody can know: text over pictures, and colours that a program chooses.",
        "Darken the text or lighten the ground; the hint names the nearest colour that is enough. In dark mode, give "
        "every text on a ground of your own a colour too.",
    ),
    "W513": Finding(
        "Headings skip a level.",
        "Who hears a mail instead of seeing it moves by headings, and looks for the missing one (WCAG 2.2, 1.3.1).",
        "Choose the level by the order, and the size by a style.",
    ),
    "W514": Finding(
        "A table for layout is read out as a table of data.",
        "Screen readers announce rows and columns before each sentence of the mail (WCAG 2.2, 1.3.1).",
        'Write `role="presentation"` on tables for layout, and `<th>` into tables of data.',
    ),
    "W515": Finding(
        "A link has no words.",
        "Without pictures, or by ear, there is nothing to click (WCAG 2.2, 2.4.4).",
        "Give the picture in it an `alt` that says where the link leads.",
    ),
    "W516": Finding(
        "The words of a link do not say where it leads.",
        "Screen readers list links without their sentences, and eyes that skim do the same (WCAG 2.2, 2.4.4).",
        'Let the words name what is behind it: "Get the checklist", not "click here".',
    ),
    "W521": Finding(
        "A link leads to a page without encryption.",
        "Browsers warn of it, and some filters count it against the mail.",
        "Write https.",
    ),
    "W522": Finding(
        "A link shows one address and leads to another.",
        "This is what phishing looks like, and mailboxes treat it so.",
        "Write words instead of an address; or let the link lead to the site that it shows.",
    ),
    "W523": Finding(
        "A link hides where it leads behind a shortener.",
        "Shorteners are on blocklists, because spam uses them. Ripeline counts clicks without one.",
        "Write the address itself.",
    ),
    "W524": Finding(
        "A link leads to no place that readers have.",
        "An address left over from writing: `#`, a machine in your own network, example.com.",
        "Write the address that is meant.",
    ),
    "W525": Finding(
        "A link carries the lead's address to the page that it leads to.",
        "Addresses in links end up in logs, statistics and referrers of others, which data protection forbids.",
        "Use an id of your own, or a form.",
    ),
    "W531": Finding(
        "A subject is longer than mail programs show.",
        "A desktop shows about 70 characters, a phone about 40. The end is cut. A value of the lead counts as eight.",
        "Say the matter in the first forty characters, the rest in the preheader.",
    ),
    "W532": Finding(
        "A preheader is longer than mail programs show, or shorter than their line.",
        "Programs show about 140 characters beside the subject. Where the preheader is shorter than a phone's 30, they "
        "go on with the first words of the mail, in the middle of the line.",
        "Write a sentence of 40 to 130 characters.",
    ),
    "W533": Finding(
        "A mail has no preheader.",
        "Mail programs then show the first words of the mail beside the subject: the company's name, a picture's text.",
        "Add `preheader` to the head.",
    ),
}
"""Every warning by its code."""

NEVER_SILENT = frozenset(("W002",))


def can_be_silenced(code: str) -> bool:
    """Whether a file may say that a finding of this code is meant."""
    return code in FINDINGS and code not in NEVER_SILENT
