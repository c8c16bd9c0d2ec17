"""What the generators of tables share: numbers as bytes, and writing or checking a table."""
import argparse
import importlib.metadata
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
TABLES = HERE.parent.parent / "src" / "text"


def pinned(package):
    """The version of a package that requirements.txt asks for."""
    lines = (HERE / "requirements.txt").read_text().split()
    return next(line.split("==")[1] for line in lines if line.startswith(f"{package}=="))


def varint(number):
    """LEB128."""
    out = []
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return out + [number]


def byte_array(name, values):
    """The C++ definition of an array of bytes."""
    lines = [f"constexpr uint8_t {name}[{len(values)}] = {{"]
    for at in range(0, len(values), 16):
        lines.append("    " + ", ".join(f"0x{value:02X}" for value in values[at : at + 16]) + ",")
    return "\n".join(lines + ["};"])


def write_or_check(name, generator, package, render):
    """Writes src/text/NAME; with --check exits with 1 when it is not what would be written."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    arguments = parser.parse_args()
    installed = importlib.metadata.version(package)
    if installed != pinned(package):
        raise SystemExit(f"{package} is {installed}; the table is made with {pinned(package)}")
    table = TABLES / name
    if not arguments.check:
        table.write_text(render(), encoding="utf-8")
    elif table.read_text(encoding="utf-8") != render():
        raise SystemExit(f"{name} is not up to date; run tools/unicode-tables/{generator}.py")
