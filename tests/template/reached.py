"""What a function's code can reach: whatever a handler names, and all those methods of what it builds that it calls.

Rapid type analysis (Bacon, Sweeney 1996): a call of a method may go to every class that was built on the way and has
a method of that name, so what can be called is not left out; ports, which nobody builds, stand in nobody's way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

Definition = ast.FunctionDef | ast.ClassDef
LAYER = "reputation_guard"


@dataclass(frozen=True)
class Module:
    """One file, read: what it defines, and what it imports from where."""

    name: str
    tree: ast.Module

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """What stands at its top level, by name."""
        return {each.name: each for each in self.tree.body if isinstance(each, Definition)}

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """What is assigned at its top level, by name."""
        return {
            target.id: each.value
            for each in self.tree.body
            if isinstance(each, ast.Assign)
            for target in each.targets
            if isinstance(target, ast.Name)
        }

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """Each imported name, inside functions too: the module it is from, and its name there."""
        return {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }


@dataclass(frozen=True, slots=True)
class Place:
    """A function, or a method of a class."""

    module: str
    name: str
    method: str = ""


@dataclass(frozen=True)
class Code:
    """The layer's modules, and one function's own."""

    modules: Mapping[str, Module]

    @classmethod
    def read(cls, folder: Path) -> Code:
        """Read the package of the layer."""
        modules = {}
        for path in sorted(folder.rglob("*.py")):
            parts = [LAYER, *path.relative_to(folder).with_suffix("").parts]
            name = ".".join(part for part in parts if part != "__init__")
            modules[name] = Module(name, ast.parse(path.read_text(encoding="utf-8")))
        return cls(modules)

    def having(self, texts: Mapping[str, str]) -> Code:
        """Return the same code with more modules: a function's own."""
        return Code({**self.modules, **{name: Module(name, ast.parse(text)) for name, text in texts.items()}})

    def resolve(self, module: str, name: str) -> tuple[str, str] | None:
        """Return the module and the name of what a name in a module stands for; None outside the layer."""
        while module in self.modules:
            found = self.modules[module]
            if name in found.definitions:
                return module, name
            if f"{module}.{name}" in self.modules:
                return f"{module}.{name}", ""
            if name not in found.imports:
                return None
            module, name = found.imports[name]
        return None

    def definition(self, module: str, name: str) -> Definition:
        """Return what stands under a name."""
        return self.modules[module].definitions[name]

    def node(self, place: Place) -> Definition:
        """Return the body of a function or method."""
        found = self.definition(place.module, place.name)
        return _methods(found)[place.method] if place.method and isinstance(found, ast.ClassDef) else found

    @cached_property
    def values(self) -> set[str]:
        """Return the names that are a field or a property of some class: reading one calls no method."""
        classes = (each for module in self.modules.values() for each in ast.walk(module.tree))
        parts = (part for each in classes if isinstance(each, ast.ClassDef) for part in each.body)
        return {name for part in parts if (name := _name_of_value(part))}

    def named_in(self, module: str, node: ast.AST) -> Iterator[tuple[str, str]]:
        """Yield what of the layer a body names, annotations aside: `name`, or `module.name`."""
        own = _own_names(node)
        for each in _spoken(node):
            if isinstance(each, ast.Name) and each.id not in own and (found := self.resolve(module, each.id)):
                yield found
            elif isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
                of = self.resolve(module, each.value.id)
                if of and not of[1] and (found := self.resolve(of[0], each.attr)):
                    yield found


@dataclass(slots=True)
class Reach:
    """What is reached from the functions of one module."""

    code: Code
    places: set[Place] = field(default_factory=set)
    built: set[tuple[str, str]] = field(default_factory=set)
    # The methods that are called, each with how many arguments; None: it is handed on, or nobody can count them.
    called: set[tuple[str, int | None]] = field(default_factory=set)

    @classmethod
    def of(cls, code: Code, start: str) -> Reach:
        """Follow everything the functions of a module say; routes and handlers are called by their framework."""
        reach = cls(code)
        todo = [Place(start, name) for name, each in code.modules[start].definitions.items() if not _is_class(each)]
        # What it says at its top level, and builds there, is carried out as it is loaded.
        loaded = [each for each in code.modules[start].tree.body if not isinstance(each, ast.FunctionDef)]
        todo += reach._follow(start, ast.Module(body=loaded, type_ignores=[]))
        while todo:
            place = todo.pop()
            if place not in reach.places:
                reach.places.add(place)
                todo += reach._follow(place.module, code.node(place))
        return reach

    def _follow(self, module: str, node: ast.AST) -> list[Place]:
        """Return what a body may call, and what may be called since it was reached."""
        todo = []
        for found in self.code.named_in(module, node):
            if found[1] and _is_class(self.code.definition(*found)):
                self._build(*found)
            elif found[1]:
                todo.append(Place(*found))
        calls = [each for each in _spoken(node) if isinstance(each, ast.Call)]
        self.called |= {(each.func.attr, _given(each)) for each in calls if isinstance(each.func, ast.Attribute)}
        # A method may also be handed on, to be called elsewhere.
        asked = {id(each.func) for each in calls}
        handed_on = {each.attr for each in _spoken(node) if isinstance(each, ast.Attribute) and id(each) not in asked}
        self.called |= {(name, None) for name in handed_on - self.code.values}
        return todo + [Place(*of, name) for of in self.built for name in self._live(*of)]

    def _build(self, module: str, name: str) -> None:
        """Note a class, and those it inherits from, since their methods are its own."""
        if (module, name) not in self.built:
            self.built.add((module, name))
            found = self.code.definition(module, name)
            for base in found.bases if isinstance(found, ast.ClassDef) else ():
                for of in self.code.named_in(module, base):
                    self._build(*of)

    def _live(self, module: str, name: str) -> Iterator[str]:
        """Yield the methods that somebody calls; those between underscores are called by Python."""
        for method, node in _methods(self.code.definition(module, name)).items():
            given = (number for called, number in self.called if called == method)
            if method.startswith("__") or any(number is None or _takes(node, number) for number in given):
                yield method


def _is_class(node: Definition) -> bool:
    return isinstance(node, ast.ClassDef)


def _methods(node: Definition) -> dict[str, ast.FunctionDef]:
    return {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}


def _given(call: ast.Call) -> int | None:
    """Return how many arguments a call gives; None where it unpacks some."""
    unpacks = any(isinstance(each, ast.Starred) for each in call.args) or any(not each.arg for each in call.keywords)
    return None if unpacks else len(call.args) + len(call.keywords)


def _takes(method: ast.FunctionDef, given: int) -> bool:
    """Tell whether a method can be called with so many arguments: of two of one name, often one only can."""
    said = method.args
    is_static = any(ast.unparse(each) == "staticmethod" for each in method.decorator_list)
    most = len(said.posonlyargs) + len(said.args) + len(said.kwonlyargs) - (not is_static)
    by_default = len(said.defaults) + sum(each is not None for each in said.kw_defaults)
    return most - by_default <= given and (given <= most or bool(said.vararg or said.kwarg))


def _name_of_value(part: ast.stmt) -> str:
    """Return the name of a field or a property; "" for everything else in the body of a class."""
    if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
        return part.target.id
    if isinstance(part, ast.FunctionDef) and any(ast.unparse(each) == "property" for each in part.decorator_list):
        return part.name
    return ""


def _own_names(node: ast.AST) -> set[str]:
    """Return the names a body binds itself, by whatever it calls them outside."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    return names | {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}


def _spoken(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node that is carried out; annotations are only read."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST):
                yield each
                yield from _spoken(each)
