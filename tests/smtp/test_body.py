import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.smtp.body import dot_stuffed, with_crlf
from tests.smtp.sending import PLAIN, mail_to, send_scripted


@pytest.mark.parametrize(
    ("message", "on_the_line"),
    [
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b"a\nb", b"a\r\nb\r\n"),
        (b"a\rb\r\n", b"a\r\nb\r\n"),
        (b"a\n.\nb\n", b"a\r\n..\r\nb\r\n"),
        (b"a\r.\rb\r", b"a\r\n..\r\nb\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n"),
        (b"a\n.\r\nb", b"a\r\n..\r\nb\r\n"),
        (b"a\r\n.\nb", b"a\r\n..\r\nb\r\n"),
        (b".a\r\n..b\r\n", b"..a\r\n...b\r\n"),
        (b".\r\n.\r\n.\r\n", b"..\r\n..\r\n..\r\n"),
        (b"a\r\r\nb\n\r", b"a\r\n\r\nb\r\n\r\n"),
        (b"", b"\r\n"),
    ],
)
def test_line_ends_and_dots(message, on_the_line):
    assert dot_stuffed(with_crlf(message)) == on_the_line


@given(st.text(alphabet="\r\n.a", max_size=30))
def test_nothing_can_end_the_message_early(text):
    stuffed = dot_stuffed(with_crlf(text.encode()))
    lines = stuffed.split(b"\r\n")
    assert lines.pop() == b""
    assert all(line != b"." for line in lines)
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    unstuffed = b"\r\n".join([line.removeprefix(b".") for line in lines]) + b"\r\n"
    assert unstuffed == with_crlf(text.encode())


@pytest.mark.acceptance(row=28)
@pytest.mark.parametrize("ending", [b"\n.\n", b"\r.\r", b"\r\n.\n", b"\n.\r\n", b"\r\n.\r", b"\r.\r\n", b"\r\n.\r\n"])
def test_smuggled_second_message_stays_text_of_the_first(ending):
    smuggled = b"MAIL FROM:<evil@x.example>\r\nRCPT TO:<bob@x.example>\r\nDATA\r\nboo"
    outcomes, server = send_scripted(mails=[mail_to(message=PLAIN + b"hello" + ending + smuggled)])
    assert [outcome.code for outcome in outcomes] == [250]
    (mail,) = server.accepted
    assert mail.recipients == ("jane@northwind.example",)
    assert mail.message == PLAIN + b"hello\r\n.\r\n" + smuggled + b"\r\n"
    assert b"\r\n.\r\n" not in mail.octets
