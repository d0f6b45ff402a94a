"""A diagram that is too large to read, folded: by calls of modules where there are any, by levels elsewhere.

Either way no arrow leads back: calls of modules follow one another, and so do levels.  A variable that many groups use
has an arrow to the first of them; the others name it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from diffcompare.studies.graphs.diagram import Box, Diagram

READABLE = 60  # boxes
CROWDED = 1.5  # arrows for each of these boxes
NAMED = 3  # kinds of operations that a group names
GROUPS = 16  # parts of levels, and their variables
LONGEST = 12  # levels of groups: a drawing as tall as a page
SHARED = 2  # arrows that may leave a variable
Arrow = tuple[Hashable, Hashable]
Keys = Mapping[str, Hashable]  # the group of a box, by the name of the box; a box without one stays as it is


def readable(diagram: Diagram, most: int = READABLE) -> Diagram:
    """The diagram itself, or one of at most so many boxes in which neighbours are folded into groups.

    Where modules were called, a group is a call, at the deepest level of nesting that is readable.  Elsewhere it is a
    part of consecutive levels, counted back from the results, of fewer the more arrows there are.

    >>> import diffcompare as dc
    >>> chain = dc.array_graph("sin(sin(sin(sin(sin(sin(x))))))", at={"x": 1})
    >>> [(box.title, box.notes) for box in readable(chain, 3).boxes]
    [('x', ()), ('3 operations', ('sin 3',)), ('3 operations', ('sin 3',))]
    """
    if len(diagram.boxes) <= most:
        return diagram
    keys: Keys = {}
    folded = diagram
    for depth in range(max(len(box.calls) for box in diagram.boxes), 0, -1):
        keys = _with_sources(diagram, {box.name: box.calls[:depth] for box in diagram.boxes if len(box.calls) >= depth})
        folded = _folded(diagram, keys)
        if len(folded.boxes) <= most:
            return folded
    room = min(most, GROUPS)
    while len(folded.boxes) > most or (len(folded.arrows) > CROWDED * most and room > 1):
        folded, room = _folded(diagram, _by_levels(diagram, keys, room)), room * 3 // 4
    return folded


def _with_sources(diagram: Diagram, keys: Keys) -> dict[str, Hashable]:
    """The groups with the variables, parameters and constants that are used in one group alone."""
    users: dict[str, set[Hashable]] = {}
    for tail, head in diagram.arrows:
        users.setdefault(tail, set()).add(keys.get(head))
    joined = dict(keys)
    for box in diagram.boxes:
        if box.kind != "operation" and not box.root and len(users[box.name]) == 1 and None not in users[box.name]:
            (joined[box.name],) = users[box.name]
    return joined


def _by_levels(diagram: Diagram, keys: Keys, most: int) -> Keys:
    """Groups of neighbouring levels, of boxes and groups alike; of too many variables, a group too."""
    sources = [box.name for box in diagram.boxes if box.kind != "operation" and box.name not in keys]
    place = {box.name: keys.get(box.name, box.name) for box in diagram.boxes if box.name not in sources}
    arrows = {(place[tail], place[head]) for tail, head in diagram.arrows if tail in place}
    arrows = {(tail, head) for tail, head in arrows if tail != head}
    level = _levels(list(dict.fromkeys(place.values())), arrows)
    bands = _bands(level, arrows, most - min(len(sources), most // 2))
    grouped: Keys = {name: bands[key] for name, key in place.items()}
    if len(sources) <= most // 2:
        return grouped
    grouped = _with_sources(diagram, grouped)
    left = [name for name in sources if name not in grouped]
    return grouped if len(left) <= most // 2 else grouped | dict.fromkeys(left, "sources")


def _bands(level: Mapping[Hashable, int], arrows: set[Arrow], room: int) -> dict[Hashable, Hashable]:
    """At most so many groups, and of two ways that with more: connected parts of some levels, or all of a level."""
    deepest = 1 + max(level.values())
    thick = math.ceil(deepest / min(room, LONGEST))
    found: dict[Hashable, Hashable] = {node: at // thick for node, at in level.items()}
    while thick < 2 * deepest:
        parts = _connected({node: at // thick for node, at in level.items()}, arrows)
        if len(set(parts.values())) <= room:
            found = max(found, parts, key=lambda groups: len(set(groups.values())))
            break
        thick += math.ceil(thick / 4)
    number = {part: k for k, part in enumerate(dict.fromkeys(found.values()))}
    return {node: number[part] for node, part in found.items()}


def _levels(nodes: Sequence[Hashable], arrows: set[Arrow]) -> dict[Hashable, int]:
    """The longest way from each node to the end; operands stand before their results."""
    heads: dict[Hashable, list[Hashable]] = {}
    for tail, head in arrows:
        heads.setdefault(tail, []).append(head)
    level: dict[Hashable, int] = {}
    for node in reversed(nodes):
        level[node] = 1 + max((level[head] for head in heads.get(node, ())), default=-1)
    return level


def _connected(band: Mapping[Hashable, int], arrows: set[Arrow]) -> dict[Hashable, Hashable]:
    """For each node one that stands for its part: what is connected in a band, and what only leads there."""
    parent = {node: node for node in band}

    def root(node: Hashable) -> Hashable:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    for tail, head in arrows:
        if band[tail] == band[head]:
            parent[root(tail)] = root(head)
    between = {(root(tail), root(head)) for tail, head in arrows} - {(part, part) for part in parent}
    entered = {head for _, head in between}
    ways = Counter(tail for tail, _ in between)
    for tail, head in between:
        if ways[tail] == 1 and tail not in entered:
            parent[tail] = head
    return {node: root(node) for node in band}


def _folded(diagram: Diagram, keys: Keys) -> Diagram:
    """The diagram with each group as one box; a group of a single operation outside of modules stays that operation."""
    members: dict[Hashable, list[Box]] = {}
    for box in diagram.boxes:
        members.setdefault(keys.get(box.name, box.name), []).append(box)
    place = {box.name: f"g{k}" for k, group in enumerate(members.values()) for box in group}
    leaving = {tail for tail, head in diagram.arrows if place[tail] != place[head]}
    boxes = [replace(_group(key, group, leaving), name=place[group[0].name]) for key, group in members.items()]
    arrows = {(place[tail], place[head]): None for tail, head in diagram.arrows if place[tail] != place[head]}
    return _with_names(Diagram(diagram.kind, tuple(boxes), tuple(arrows)))


def _with_names(diagram: Diagram) -> Diagram:
    """The diagram with one arrow, to the first user, from each variable that has many; the other users name it."""
    uses = Counter(tail for tail, _ in diagram.arrows)
    shared = {
        box.name: box.title
        for box in diagram.boxes
        if box.kind not in ("operation", "group") and uses[box.name] > SHARED
    }
    first: dict[str, str] = {}
    place = {box.name: k for k, box in enumerate(diagram.boxes)}
    for tail, head in sorted(diagram.arrows, key=lambda arrow: place[arrow[1]]):
        first.setdefault(tail, head)
    left = [(tail, head) for tail, head in diagram.arrows if tail in shared and head != first[tail]]
    named: dict[str, list[str]] = {}
    for tail, head in left:
        named.setdefault(head, []).append(shared[tail])
    boxes = tuple(replace(box, named=tuple(named.get(box.name, ()))) for box in diagram.boxes)
    return Diagram(diagram.kind, boxes, tuple(arrow for arrow in diagram.arrows if arrow not in set(left)))


def _group(key: Hashable, group: list[Box], leaving: set[str]) -> Box:
    operations = [box for box in group if box.kind == "operation"]
    calls: tuple[str, ...] = key if isinstance(key, tuple) else ()
    if len(group) == 1 and not calls:
        return group[0]
    sources = [box for box in group if box.kind != "operation"]
    results = [box for box in group if box.root or box.name in leaving] or group
    kinds = Counter(box.operation for box in operations)
    named = ", ".join(f"{kind} {n}" for kind, n in kinds.most_common(NAMED)) + ", ..." * (len(kinds) > NAMED)
    number = f"{len(operations)} operation{'s' * (len(operations) != 1)}"
    frozen = all(box.frozen for box in operations or sources)
    learning = [not box.frozen for box in sources if box.kind == "parameter"]
    return Box(
        "", "group", calls[-1] if calls else number if operations else f"{len(sources)} variables", results[-1].shape,
        calls=calls, frozen=frozen, fixed=not frozen and bool(learning) and not any(learning),
        root=any(box.root for box in group), keeps_grad=any(box.keeps_grad for box in group),
        notes=tuple(filter(None, (number if calls else named, *_held(sources)))),
    )  # fmt: skip


def _held(sources: list[Box]) -> list[str]:
    """How many numbers the parameters of a group have, and how many other variables and constants it holds."""
    sizes = Counter[bool]()
    for box in sources:
        if box.kind == "parameter":
            sizes[box.frozen] += math.prod(box.shape)
    others = Counter(box.kind for box in sources if box.kind != "parameter")
    held = [
        f"{n:,} parameters{', frozen' * frozen}".replace(",", " ", f"{n:,}".count(",")) for frozen, n in sizes.items()
    ]
    return held + [f"{n} {kind}{'s' * (n != 1)}" for kind, n in others.items()]
