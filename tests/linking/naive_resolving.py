"""Resolving a second time, in plain Python, one key at a time: slow, and easy to compare with the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from linking.graph import ALIKE, LINK, MARGIN, OTHER_NAME, REVIEW, TWINS, Graph, Resolved, oriented

SAYS = {ALIKE: None, TWINS: "twins", OTHER_NAME: "other_name"}


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _numbered(key: str) -> bool:
    return key.startswith("P")


@dataclass
class Fit:
    """The best pair of keys of two nodes."""

    weight: float
    keys: tuple[str, str]
    stopped: str | None


@dataclass
class Naive:
    """Everything known while a graph is resolved; a node is a set of keys under one name."""

    graph: Graph
    weights: dict[tuple[str, str], float] = field(default_factory=dict)
    says: dict[tuple[str, str], str | None] = field(default_factory=dict)
    different: set[tuple[str, str]] = field(default_factory=set)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    node: dict[str, str] = field(default_factory=dict)
    fits: dict[tuple[str, str], Fit] = field(default_factory=dict)
    person: dict[str, str] = field(default_factory=dict)
    lost: dict[tuple[str, str], str] = field(default_factory=dict)
    unjoined: dict[tuple[str, str], str] = field(default_factory=dict)

    def lists(self, node: str) -> set[int]:
        members = {key for key, name in self.node.items() if name == node} or {node}
        return {place for place, keys in enumerate(self.graph.lists) if members & set(keys)}

    def barred(self, one: str, other: str) -> bool:
        return any({self.node[low], self.node[high]} == {one, other} and one != other for low, high in self.different)

    def fit(self, one: str, other: str) -> Fit | None:
        return self.fits.get(_pair(one, other))

    def around(self, node: str) -> Iterator[tuple[str, Fit]]:
        for (one, other), fit in self.fits.items():
            if node in (one, other):
                yield (other if node == one else one), fit


def resolve_naively(graph: Graph) -> Resolved:
    """Return what the rules say about a graph."""
    known = Naive(graph)
    _read(known)
    _bundle(known)
    _fit(known)
    _join_by_number(known)
    _join_by_step(known)
    _cluster(known)
    return Resolved({key: (target, "") for key, target in _links(known).items()}, _held(known))


def _read(known: Naive) -> None:
    for (one, other), weight in known.graph.pairs.items():
        if weight >= REVIEW and not (_numbered(one) and _numbered(other)):
            known.weights[_pair(one, other)] = weight
            known.says[_pair(one, other)] = SAYS[known.graph.evidence.get((one, other), ALIKE)]
    known.different = {_pair(*pair) for pair in known.graph.different}


def _bundle(known: Naive) -> None:
    known.node = {key: key for key in known.graph.spoken()}
    same = []
    for pair in sorted({_pair(*each) for each in known.graph.same} - known.different):
        if _numbered(pair[0]) and _numbered(pair[1]):
            known.refused[pair] = "two_numbers"
        elif known.lists(pair[0]) & known.lists(pair[1]):
            known.refused[pair] = "same_list"
        else:
            same.append(pair)
    for bundle in _components(same):
        why = _contradiction(known, bundle)
        if why is not None:
            known.refused |= {pair: why for pair in same if pair[0] in bundle}
            continue
        name = next((key for key in sorted(bundle) if _numbered(key)), min(bundle))
        known.node |= dict.fromkeys(bundle, name)


def _components(pairs: list[tuple[str, str]]) -> list[set[str]]:
    found: list[set[str]] = []
    for one, other in pairs:
        touching = [each for each in found if each & {one, other}]
        found = [each for each in found if each not in touching] + [set().union({one, other}, *touching)]
    return found


def _contradiction(known: Naive, bundle: set[str]) -> str | None:
    for one, other in combinations(sorted(bundle), 2):
        if (one, other) in known.different or known.lists(one) & known.lists(other):
            return "decisions_contradict"
    return "two_numbers" if sum(map(_numbered, bundle)) > 1 else None


def _fit(known: Naive) -> None:
    for keys, weight in sorted(known.weights.items(), key=lambda item: (-item[1], item[0])):
        one, other = known.node[keys[0]], known.node[keys[1]]
        if one == other or known.barred(one, other) or (_numbered(one) and _numbered(other)):
            continue
        if _pair(one, other) not in known.fits:
            shares = known.lists(one) & known.lists(other)
            stopped = "same_list" if shares else known.refused.get(keys) or known.says[keys]
            known.fits[_pair(one, other)] = Fit(weight, keys, stopped)


def _join_by_number(known: Naive) -> None:
    fitting: dict[str, dict[str, float]] = {}
    claims: dict[str, str] = {}
    for record in _records(known):
        people = {other: fit for other, fit in known.around(record) if _numbered(other)}
        best = max((fit.weight for fit in people.values()), default=0.0)
        near = {other: fit for other, fit in people.items() if fit.weight > best - MARGIN}
        for person, fit in near.items():
            if fit.stopped is None and fit.weight >= LINK:
                fitting.setdefault(person, {})[record] = fit.weight
                if len(near) == 1:
                    claims[record] = person
    _outdo(known, fitting)
    known.person |= {record: person for record, person in claims.items() if (record, person) not in known.lost}


def _records(known: Naive) -> list[str]:
    return sorted({node for node in known.node.values() if not _numbered(node)})


def _outdo(known: Naive, fitting: dict[str, dict[str, float]]) -> None:
    for person, records in fitting.items():
        for one, other in combinations(sorted(records), 2):
            reason = _why_not_both(known, one, other)
            if reason is None:
                continue
            if records[one] <= records[other]:
                _lose(known, one, person, reason)
            if records[other] <= records[one]:
                _lose(known, other, person, reason)


def _why_not_both(known: Naive, one: str, other: str) -> str | None:
    if known.lists(one) & known.lists(other):
        return "same_list"
    return "two_candidates" if _are_foes(known, one, other) else None


def _are_foes(known: Naive, one: str, other: str) -> bool:
    fit = known.fit(one, other)
    by_name = fit is not None and fit.stopped in ("twins", "other_name") and not _numbered(one + other)
    return known.barred(one, other) or (by_name and not _numbered(other))


def _lose(known: Naive, record: str, person: str, reason: str) -> None:
    known.lost[record, person] = min(reason, known.lost.get((record, person), reason))


def _join_by_step(known: Naive) -> None:
    fitting: dict[str, dict[str, float]] = {}
    joined = dict(known.person)
    for record in _records(known):
        if record in joined:
            continue
        steps = [
            (-fit.weight, other)
            for other, fit in known.around(record)
            if other in joined and fit.stopped is None and fit.weight >= LINK
        ]
        if not steps:
            continue
        weight, via = min(steps)
        reasons = set(_against(known, joined, record, via, -weight))
        for reason in reasons:
            _lose(known, record, joined[via], reason)
        if not reasons:
            fitting.setdefault(joined[via], {})[record] = -weight
    _outdo(known, fitting)
    known.person |= {
        record: person
        for person, records in fitting.items()
        for record in records
        if (record, person) not in known.lost
    }


def _against(known: Naive, joined: dict[str, str], record: str, via: str, weight: float) -> Iterator[str]:
    person = joined[via]
    members = {person, *(node for node, whose in joined.items() if whose == person)}
    for other, fit in known.around(record):
        if _numbered(other):
            if other != person or fit.stopped is not None:
                yield "two_candidates"
        elif fit.stopped is None and other != via and fit.weight > weight - MARGIN and joined.get(other) != person:
            between = known.fit(other, via)
            if other in joined or between is None or between.stopped is not None:
                yield "two_candidates"
    for member in members:
        if _are_foes(known, record, member):
            yield "through_record"
        if known.lists(record) & known.lists(member):
            yield "same_list"


def _cluster(known: Naive) -> None:
    free = [record for record in _records(known) if record not in known.person]
    open_fits = {pair: fit for pair, fit in known.fits.items() if fit.stopped is None}
    bonds = {pair: fit for pair, fit in open_fits.items() if fit.weight >= LINK and pair[0] in free and pair[1] in free}
    alike = set(open_fits)
    for record in free:
        fits = {(set(pair) - {record}).pop(): fit for pair, fit in open_fits.items() if record in pair}
        for other in fits:
            if _pair(record, other) not in bonds:
                continue
            near = [each for each, fit in fits.items() if fit.weight > fits[other].weight - MARGIN and each != other]
            if any(_pair(other, each) not in open_fits for each in near):
                known.unjoined[_pair(record, other)] = "two_candidates"
    alike -= set(known.unjoined)
    clusters = {record: {record} for record in free}
    for (one, other), _ in sorted(bonds.items(), key=lambda item: (-item[1].weight, item[0])):
        if (one, other) in known.unjoined or other in clusters[one]:
            continue
        if all(_pair(left, right) in alike for left in clusters[one] for right in clusters[other]):
            together = clusters[one] | clusters[other]
            clusters |= dict.fromkeys(together, together)
        else:
            known.unjoined[one, other] = "not_all_alike"
    known.person |= {record: min(cluster) for record, cluster in clusters.items()}


def _groups(known: Naive) -> dict[str, str]:
    return {key: known.person.get(node, node) for key, node in known.node.items()}


def _links(known: Naive) -> dict[str, str]:
    groups = _groups(known)
    links = {}
    for person in set(groups.values()):
        keys = [key for key, whose in groups.items() if whose == person]
        last = max(known.graph.first_reported.values(), default=None)
        leader = min(
            keys,
            key=lambda key: (
                not _numbered(key),
                key not in known.graph.first_reported,
                known.graph.first_reported.get(key, last),
                key,
            ),
        )
        links |= {key: leader for key in keys if key != leader}
    return links


def _held(known: Naive) -> dict[tuple[str, str], str]:
    groups = _groups(known)
    told = {frozenset((groups[low], groups[high])) for low, high in known.different}
    held = {}
    for keys, weight in known.weights.items():
        one, other = groups[keys[0]], groups[keys[1]]
        nodes = _pair(known.node[keys[0]], known.node[keys[1]])
        if one == other or (_numbered(one) and _numbered(other)) or frozenset((one, other)) in told:
            continue
        if nodes not in known.fits:
            continue
        reason = _reason(known, keys, nodes, weight, groups)
        if reason != "same_list" or weight >= LINK or keys in known.refused:
            held[oriented(*keys)] = reason
    for keys, reason in known.refused.items():
        if keys not in known.weights:
            held[oriented(*keys)] = reason
    return held


def _reason(known: Naive, keys: tuple[str, str], nodes: tuple[str, str], weight: float, groups: dict[str, str]) -> str:
    if known.fits[nodes].stopped == "same_list":
        return "same_list"
    said = known.refused.get(keys) or known.says[keys]
    if said is not None:
        return said
    if weight < LINK:
        return "between_thresholds"
    people = [groups[key] for key in keys if _numbered(groups[key])]
    if people:
        record = next(known.node[key] for key in keys if not _numbered(groups[key]))
        return known.lost.get((record, people[0]), "two_candidates" if _numbered(nodes[0]) else "through_record")
    return known.unjoined.get(nodes, "not_all_alike")
