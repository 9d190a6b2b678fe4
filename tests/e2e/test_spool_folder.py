"""Whatever the function, or anything else of the same user, does to the folder of the spool:
nothing is fatal, nothing outside of it is touched, all that is lost is counted and named once."""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

import otlp
from backend import Answer
from runs import said
from spools import (
    DOWN,
    SMALL,
    batches,
    close_lives,
    invoke,
    names_in,
    numbers,
    send_spans,
)

NAMES = numbers(0, 40)
FIRST = "0000000000000001"  # the name of the first file that lull writes
PRECIOUS = b"not lull's to touch"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def precious(tmp_path):
    """A file outside, which must be as it was in the end."""
    file = tmp_path / "precious"
    file.write_bytes(PRECIOUS)
    yield file
    assert file.read_bytes() == PRECIOUS
    assert file.stat().st_nlink <= 2


@pytest.fixture
def filling(lambda_env, sink):
    """Makes an environment with little memory and a backend that is down. Its function sends what
    its event lists, and crashes if that begins with a crash. Between invocations nothing is
    exported."""

    def make(environ=None, **options):
        def handler(event, context):
            event = event or []
            send_spans(env, event[event[:1] == ["crash"] :])
            if event[:1] == ["crash"]:
                raise SystemExit(1)

        sink.answer = DOWN
        env = lambda_env(handler, **{"endpoint": sink.url, **options},
                         environ={**SMALL, "LULL_FLUSH": "end", **(environ or {})})
        return env

    return make


def good_again(sink):
    sink.answer = Answer(200, b"", {"Content-Type": "application/x-protobuf"})


def finish(env, sink, received=40):
    """The backend is there again: SHUTDOWN. What has arrived, once each, and what is missing."""
    good_again(sink)
    books = env.finish(traces={"received": received})
    names = sink.names()
    assert len(set(names)) == len(names) == books["traces"]["exported"]
    return sorted(names), books["traces"]["dropped"]


def crash(env, names):
    env.invoke(["crash", *names])
    env.wait_idle()


def fill_and_finish(env, sink):
    """One life with more than fits into memory."""
    with env:
        send_spans(env, NAMES)
        invoke(env)
        return finish(env, sink)


def without_spool(env, sink, why):
    """There is none: the oldest goes, and why there is none is said once."""
    names, dropped = fill_and_finish(env, sink)
    assert names == NAMES[-len(names) :]
    assert dropped == {"buffer_full": 40 - len(names)}
    assert 10 <= len(names) < 20
    assert said(env).count("there is no spool") == 1
    assert why in said(env)


# the folder is not one


def test_a_link_in_its_place(filling, sink, folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o755)
    folder.symlink_to(outside)
    without_spool(filling(), sink, "is no folder")
    assert list(outside.iterdir()) == []
    assert outside.stat().st_mode & 0o777 == 0o755
    assert folder.is_symlink()


@pytest.mark.parametrize("slashes", ["/", "//"])
def test_a_link_in_its_place_and_a_slash_behind(filling, sink, folder, tmp_path, slashes):
    outside = tmp_path / "outside"
    outside.mkdir()
    folder.symlink_to(outside)
    without_spool(filling({"LULL_SPOOL_FOLDER": f"{folder}{slashes}"}), sink, "is no folder")
    assert list(outside.iterdir()) == []


def test_a_file_in_its_place(filling, sink, folder):
    folder.write_bytes(PRECIOUS)
    without_spool(filling(), sink, "is no folder")
    assert folder.read_bytes() == PRECIOUS


def test_a_fifo_in_its_place(filling, sink, folder):
    os.mkfifo(folder)
    without_spool(filling(), sink, "is no folder")


def test_nowhere_to_make_it(filling, sink, tmp_path):
    env = filling({"LULL_SPOOL_FOLDER": str(tmp_path / "not" / "there")})
    without_spool(env, sink, "No such file")


def test_somebody_else_has_it(filling, sink, folder):
    """Of two processes one has the spool."""
    folder.mkdir()
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    without_spool(filling(), sink, "in use")
    os.close(descriptor)
    assert list(folder.iterdir()) == []


# rights: lull as a user that may not do everything


@pytest.fixture
def nobody():
    """A folder that everybody may enter, and lull in it started as `nobody`: (folder, program)."""
    if os.geteuid() != 0:
        pytest.skip("only root can start lull as another user")
    if not shutil.which("setpriv"):
        pytest.skip("there is no setpriv(1) of util-linux")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


def as_nobody(env, place):
    program = place / "bin" / "lull"
    program.parent.mkdir()
    shutil.copy(env.settings.extensions[0], program)
    start = place / "lull"
    start.write_text("#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups "
                     f"{program}\n")
    start.chmod(0o755)
    env.settings.extensions[:] = [str(start)]
    return env


@pytest.mark.parametrize("mode", [0o000, 0o500, 0o755])
def test_a_folder_of_its_own_with_any_rights(filling, sink, nobody, mode):
    """What may not be opened is no spool; what may, becomes one that is nobody else's business."""
    folder = nobody / "spool"
    folder.mkdir(mode)
    folder.chmod(mode)
    os.chown(folder, 65534, 65534)
    env = as_nobody(filling({"LULL_SPOOL_FOLDER": str(folder)}), nobody)
    if mode == 0:
        without_spool(env, sink, "Permission denied")
        return
    names, dropped = fill_and_finish(env, sink)
    assert (names, dropped) == (NAMES, {})
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_somebody_else(filling, sink, nobody):
    """Even one that everybody may write to."""
    folder = nobody / "spool"
    folder.mkdir()
    folder.chmod(0o777)
    env = as_nobody(filling({"LULL_SPOOL_FOLDER": str(folder)}), nobody)
    without_spool(env, sink, "belongs to somebody else")
    assert list(folder.iterdir()) == []


def test_no_right_to_make_it(filling, sink, nobody):
    env = as_nobody(filling({"LULL_SPOOL_FOLDER": str(nobody / "spool")}), nobody)
    without_spool(env, sink, "Permission denied")
    assert not (nobody / "spool").exists()


# a full disk


@pytest.fixture
def disk(tmp_path):
    """mount(size): a small file system of its own, for the folder's parent."""
    mounted = []

    def mount(options):
        place = tmp_path / "disk"
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "lull-test", str(place)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
        mounted.append(place)
        return place

    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill_up(place):
    """Returns the file that takes all the room there was."""
    rest = place / "rest"
    with rest.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return rest
    raise AssertionError("this disk has no end")


def test_a_disk_that_is_full_from_the_start(filling, sink, disk):
    place = disk("size=64k")
    fill_up(place)
    env = filling({"LULL_SPOOL_FOLDER": str(place / "spool")})
    names, dropped = fill_and_finish(env, sink)
    assert names == NAMES[-len(names) :]
    assert dropped == {"buffer_full": 40 - len(names)}
    assert said(env).count("nothing can be spooled") == 1
    assert "No space left" in said(env)
    assert batches(place / "spool") == []


def test_a_disk_without_names_left(filling, sink, disk):
    """No folder can be made."""
    place = disk("size=1m,nr_inodes=1")
    env = filling({"LULL_SPOOL_FOLDER": str(place / "spool")})
    without_spool(env, sink, "No space left")


def test_a_disk_that_is_read_only(filling, sink, disk):
    place = disk("size=1m")
    (place / "spool").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    env = filling({"LULL_SPOOL_FOLDER": str(place / "spool")})
    names, dropped = fill_and_finish(env, sink)
    assert dropped == {"buffer_full": 40 - len(names)}
    assert said(env).count("Read-only") == 1


def test_a_disk_that_fills_up_and_empties(filling, sink, disk):
    """No file is ever there in part; once there is room again it is used."""
    place = disk("size=2m")
    folder = place / "spool"
    with filling({"LULL_SPOOL_FOLDER": str(folder)}) as env:
        send_spans(env, NAMES[:14])
        rest = fill_up(place)
        before = batches(folder)
        send_spans(env, NAMES[14:30])
        assert batches(folder) == before
        assert sorted(folder.iterdir()) == [*before, folder / "record"]
        rest.unlink()
        send_spans(env, numbers(100, 30))
        assert len(batches(folder)) > 1
        names, dropped = finish(env, sink, 60)
    assert dropped == {"buffer_full": 60 - len(names)}
    assert {*NAMES[:10], *numbers(100, 30)} <= set(names)
    assert said(env).count("nothing can be spooled") == 1


@pytest.mark.parametrize("room", [0, 16, 80], ids=lambda room: f"{room} KB left")
def test_a_reset_on_a_full_disk(filling, sink, disk, room):
    """What can neither be sent nor kept is dropped, counted; the record of the books was there
    before and needs no room: the next life knows."""
    place = disk("size=1m")
    with filling({"LULL_SPOOL_FOLDER": str(place / "spool")}) as env:
        rest = fill_up(place)
        os.truncate(rest, rest.stat().st_size - room * 1024)  # for a part of the file
        crash(env, NAMES[:5])
        assert [file.name for file in (place / "spool").iterdir()] == ["record"]
        good_again(sink)
        invoke(env, ["100"])
        env.shutdown()
    total = close_lives(env, 2)
    assert total["traces"] == {"received": 6, "exported": 1, "held": 0, "spooled": 0,
                               "dropped": {"shutdown": 5}}
    assert sink.names() == ["100"]


# what lies in the folder


def test_links_wherever_lull_would_write(filling, sink, folder, precious, tmp_path):
    """Nothing is written through them or read, whatever they lead to. Files get other names."""
    folder.mkdir()
    for number in range(1, 41):
        for suffix in (".batch", ".new"):
            (folder / f"{number:016x}{suffix}").symlink_to(
                precious if number % 2 else tmp_path / "not-there")
    (folder / "record").symlink_to(precious)
    env = filling()
    with env:
        send_spans(env, NAMES)
        written = [file for file in batches(folder) if not file.is_symlink()]
        spooled = [n for f in written for n in names_in(f)]
        assert spooled == NAMES[: len(spooled)]
        assert len(written) >= 2
        assert not (folder / "record").is_symlink()
        names, dropped = finish(env, sink)
    assert (names, dropped) == (NAMES, {})
    assert not (tmp_path / "not-there").exists()
    assert len([f for f in batches(folder) if f.is_symlink()]) == 40
    assert list(folder.glob("*.new")) == []
    assert said(env).count("foreign or broken") == 1


def test_a_folder_full_of_links(filling, sink, folder, precious):
    """More than lull looks for a way around: what cannot be written is dropped and counted, and
    nothing else happens."""
    folder.mkdir()
    for number in range(1, 1001):
        (folder / f"{number:016x}.batch").symlink_to(precious)
    env = filling()
    names, dropped = fill_and_finish(env, sink)
    assert names == NAMES[-len(names) :]
    assert dropped == {"buffer_full": 40 - len(names)}
    assert said(env).count("nothing can be spooled") == 1


def test_foreign_files_are_left_alone(filling, sink, folder, precious):
    """Of every kind, under names that are lull's own, too. None is opened in a way that waits for
    somebody, none is sent, none is removed."""
    folder.mkdir()
    (folder / "notes.txt").write_bytes(PRECIOUS)
    (folder / f"{FIRST}.batch").write_bytes(PRECIOUS)
    (folder / "0000000000000002.batch").write_bytes(b"")
    (folder / "0000000000000003.batch").mkdir()
    os.mkfifo(folder / "0000000000000004.batch")
    os.link(precious, folder / "0000000000000005.batch")
    (folder / "0000000000000006.batch").write_bytes(b"lullspl1" + b"\xff" * 10_000)
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(folder, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{here}/0000000000000007.batch")
        os.close(here)
    os.mknod(folder / "0000000000000008.batch", 0o600)
    before = sorted(file.name for file in folder.iterdir())
    env = filling()
    names, dropped = fill_and_finish(env, sink)
    assert (names, dropped) == (NAMES, {})
    assert sorted(file.name for file in folder.iterdir()) == sorted([*before, "record"])
    assert (folder / f"{FIRST}.batch").read_bytes() == PRECIOUS
    assert said(env).count(f"{len(before)} files") == said(env).count("foreign or broken") == 1


@pytest.mark.parametrize("kind", ["folder", "fifo", "garbage", "empty", "hard link", "large"])
def test_a_record_that_is_none(filling, sink, folder, precious, kind):
    """The books begin anew, whatever it is."""
    folder.mkdir()
    record = folder / "record"
    if kind == "folder":
        (record / "in it").mkdir(parents=True)
    elif kind == "fifo":
        os.mkfifo(record)
    elif kind == "hard link":
        os.link(precious, record)
    else:
        record.write_bytes({"garbage": b"\xff" * 3000, "empty": b""}.get(kind, b"x" * (1 << 20)))
    names, dropped = fill_and_finish(filling(), sink)
    assert (names, dropped) == (NAMES, {})


# what becomes of files between two lives


def flip(file, at):
    data = bytearray(file.read_bytes())
    data[at] ^= 0x10
    file.write_bytes(data)


def cut(file, at):
    os.truncate(file, at)


def replace(file, precious):
    file.unlink()
    file.symlink_to(precious)


@pytest.mark.parametrize("harm", [
    lambda file, precious: cut(file, 0),
    lambda file, precious: cut(file, 20),
    lambda file, precious: cut(file, file.stat().st_size - 1),
    lambda file, precious: flip(file, 3),
    lambda file, precious: flip(file, 17),
    lambda file, precious: flip(file, 50),
    lambda file, precious: flip(file, file.stat().st_size // 2),
    lambda file, precious: flip(file, -1),
    lambda file, precious: file.unlink(),
    replace,
    lambda file, precious: file.rename(file.with_name("00000000000000ff.batch")),
], ids=["emptied", "head cut", "end cut", "magic", "items in the head", "table", "message",
        "last byte", "gone", "a link", "another name"])
def test_a_file_that_was_harmed(filling, sink, folder, precious, harm):
    """Its items are lost, counted by reason; those of the others arrive."""
    with filling() as env:
        crash(env, NAMES)
        files = batches(folder)
        assert len(files) >= 3
        lost = names_in(files[1])
        harm(files[1], precious)
        good_again(sink)
        invoke(env)
        assert env.shutdown().codes == {"lull": 0}
    total = close_lives(env, 2)
    left = [name for name in NAMES if name not in lost]
    assert total["traces"] == {"received": 40, "exported": len(left), "held": 0, "spooled": 0,
                               "dropped": {"spool": len(lost)}}
    assert sorted(sink.names()) == left


def test_files_of_a_signal_that_goes_nowhere(filling, sink, folder):
    """The next life has no endpoint for them. What the function writes there itself is alike."""
    with filling() as env:
        otlp.send(env.port, otlp.logs("line"))
        crash(env, NAMES)
        assert len(batches(folder)) >= 4
        env.settings.environ.pop("LULL_ENDPOINT")
        env.settings.environ["LULL_LOGS_ENDPOINT"] = f"{sink.url}/v1/logs"
        good_again(sink)
        invoke(env)
        assert batches(folder) == []
        assert env.shutdown().codes == {"lull": 0}
    total = close_lives(env, 2)
    assert total["traces"]["dropped"] == {"no_destination": 40}
    assert total["logs"]["exported"] == 1
    assert (sink.names(), sink.names("logs")) == ([], ["line"])


def test_a_file_twice(filling, sink, folder):
    """A copy under the next name has another number in it: it is foreign."""
    with filling() as env:
        crash(env, NAMES)
        shutil.copy(batches(folder)[0], folder / "00000000000000ff.batch")
        good_again(sink)
        invoke(env)
        env.shutdown()
    total = close_lives(env, 2)
    assert total["traces"]["exported"] == 40
    assert sorted(sink.names()) == NAMES


def test_everything_gone_between_two_lives(filling, sink, folder):
    """With the record nobody knows that there was something: the first life's line said so."""
    with filling() as env:
        crash(env, NAMES)
        shutil.rmtree(folder)
        good_again(sink)
        invoke(env, ["100"])
        env.shutdown()
    assert sink.names() == ["100"]


# what becomes of it while lull lives


def test_wiped_while_it_lives(filling, sink, folder):
    """The items are lost, counted; the folder is made again, and the books are on disk again."""
    with filling() as env:
        send_spans(env, NAMES)
        lost = [name for file in batches(folder) for name in names_in(file)]
        shutil.rmtree(folder)
        send_spans(env, numbers(100, 40))
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(batches(folder)) >= 2
        assert (folder / "record").is_file()
        names, dropped = finish(env, sink, 80)
    assert dropped == {"spool": len(lost)}
    assert names == [*NAMES[len(lost) :], *numbers(100, 40)]


def test_emptied_while_it_lives(filling, sink, folder):
    with filling() as env:
        send_spans(env, NAMES)
        lost = []
        for file in folder.iterdir():
            lost += names_in(file)
            file.unlink()
        names, dropped = finish(env, sink)
    assert dropped == {"spool": len(lost)}
    assert names == NAMES[len(lost) :]


def test_a_link_comes_in_its_place_while_it_lives(filling, sink, folder, tmp_path):
    """Neither what it leads to nor the folder that was moved away is written to any more."""
    outside, away = tmp_path / "outside", tmp_path / "away"
    outside.mkdir()
    with filling() as env:
        send_spans(env, NAMES[:20])
        folder.rename(away)
        before = sorted(away.iterdir())
        folder.symlink_to(outside)
        send_spans(env, numbers(100, 40))
        assert list(outside.iterdir()) == []
        assert sorted(away.iterdir()) == before
        names, dropped = finish(env, sink, 60)
    assert set(dropped) <= {"buffer_full", "spool"}
    assert sum(dropped.values()) == 60 - len(names)
    assert said(env).count("nothing can be spooled") == 1
    assert list(outside.iterdir()) == []


def test_links_come_in_the_place_of_files_while_it_lives(filling, sink, folder, precious):
    """They are not followed, and go; what they lead to stays."""
    with filling() as env:
        send_spans(env, NAMES)
        lost = []
        for file in batches(folder):
            lost += names_in(file)
            replace(file, precious)
        (folder / "record").unlink()
        (folder / "record").symlink_to(precious)
        send_spans(env, ["100"])
        names, dropped = finish(env, sink, 41)
    assert dropped == {"spool": len(lost)}
    assert names == [*NAMES[len(lost) :], "100"]


def test_killed_and_wiped(filling, sink, folder):
    """Both at once: nobody knows what there was, and the books of what is known close."""
    with filling() as env:
        send_spans(env, NAMES)
        env.extension().process.kill()
        env.history.wait("extension.crash")
        shutil.rmtree(folder)
        env.invoke()
        env.wait_idle()
        good_again(sink)
        invoke(env, ["100"])
        env.finish(traces={"received": 1, "exported": 1, "dropped": {}})
    assert sink.names() == ["100"]
