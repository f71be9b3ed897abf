"""A window that offers files to drag, as a file manager does.

usage: drag_source.py X Y PATH...

It stands at X, Y, and prints a line when it can be dragged from, one when a drag begins and one
when it ends; it closes with its standard input.
"""

import sys
from pathlib import Path

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

SIDE = 120


def say(word):
    print(word, flush=True)


def main():
    x, y = int(sys.argv[1]), int(sys.argv[2])
    uris = [Path(path).as_uri() for path in sys.argv[3:]]

    window = Gtk.Window(title="drag source")
    window.set_default_size(SIDE, SIDE)
    window.move(x, y)

    box = Gtk.EventBox()
    box.add(Gtk.Label(label="drag me"))
    target = Gtk.TargetEntry.new("text/uri-list", 0, 0)
    box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [target], Gdk.DragAction.COPY)
    box.connect("drag-data-get", lambda _box, _context, data, _info, _time: data.set_uris(uris))
    box.connect("drag-begin", lambda _box, _context: say("dragging"))
    box.connect("drag-end", lambda _box, _context: say("ended"))
    window.add(box)

    window.connect("map-event", lambda _window, _event: say("ready"))
    GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IOCondition.HUP | GLib.IOCondition.IN, lambda *_: Gtk.main_quit())
    window.show_all()
    Gtk.main()


main()
