"""Reports: one page on one cluster file, valid, complete, right, and in need of nothing else."""

from __future__ import annotations

import datetime as dt
import html
import json
import pickle
import re
from functools import cache
from pathlib import Path

import pytest
from command_line import EXAMPLES
from matplotlib.figure import Figure
from report_pages import Page, read, text

import rejuvmodel as rj
from rejuvmodel.drawing.up_server_bars import plot_up_servers
from rejuvmodel.durations import words

DAY = dt.date(2026, 3, 1)
POOL = """
[pool]
primaries = 2
spares = 1
slots = 1
[mean_times]
aging = "7 d"
failure = "30 d"
repair = "2 h"
restart = "10 min"
[optimize]
rejuvenate_after = ["10 min", "never"]
[report]
title = "Shop front"
target = "50 min"
[report.alternatives]
spares = [0, 1]
"""
TIMER = """
[cluster]
servers = 1
[mean_times]
aging = "10 d"
failure = "90 d"
repair = "30 min"
restart = "1 min"
[trigger]
law = "fixed"
clock = "service"
"""
TEXTS = {"pool": POOL, "timer": TIMER}
#: The other example, huang_b, is the one with hostile text.
NAMES = ("duplex", "huang_a", "web_tier", *TEXTS)
HEARD: list[tuple[int, int]] = []
RANGES = {"aging": ("5 d", "10 d"), "failure": ("30 d", "270 d")}


@cache
def made(name: str) -> rj.Report:
    """The report on an example, or on a file of this test."""
    path = EXAMPLES / f"{name}.toml"
    if name in TEXTS:
        path = Path(f"{name}.toml")
        path.write_text(TEXTS[name], encoding="utf-8")
    return rj.report(path, date=DAY)


@cache
def page(name: str) -> Page:
    """Its page, parsed."""
    return read(made(name).html)


@cache
def uncertain() -> rj.Report:
    """A report while rates are uncertain, which leaves its progress in HEARD."""
    return rj.report(
        EXAMPLES / "duplex.toml", inputs=RANGES, target="5 min", points=64, date=DAY,
        progress=lambda *parts: HEARD.append(parts),
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_markup_is_valid(name: str) -> None:
    """The page has no error of markup, one language, one title, and no id twice."""
    found = page(name)
    assert found.text.startswith("<!DOCTYPE html>\n")
    assert found.errors == []
    assert found.one("html").attrib["lang"] == "en"
    assert text(found.one("title")) == text(found.one("h1")) == made(name).title
    ids = [element.attrib["id"] for element in found.root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))


def test_the_parser_sees_faults() -> None:
    """What the tests parse with reports a tag that is closed too early, and one that was never opened."""
    assert len(read("<!DOCTYPE html><html><body><table><tr><td>x</div></table></span>").errors) == 2


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_fetched(name: str) -> None:
    """Links lead to headings of the page, pictures stand inside it, and nothing runs."""
    found = page(name)
    ids = {element.attrib["id"] for element in found.root.iter() if "id" in element.attrib}
    links = list(found.links())
    assert len(links) > 8
    for tag, attribute, value in links:
        inside = value.startswith("#") and value[1:] in ids
        assert inside or (tag == "img" and value.startswith("data:image/png;base64,")), (tag, attribute)
    for tag in ("script", "link", "iframe", "object", "embed", "base", "form", "audio", "video"):
        assert found.all(tag) == []
    assert not [a for element in found.root.iter() for a in element.attrib if a.startswith("on")]
    without = re.sub(r"base64,[A-Za-z0-9+/=]+", "", found.text)
    assert not re.search(r"https?:|//|url\(|@import|javascript:", without)
    policy = [m.attrib["content"] for m in found.all("meta") if "http-equiv" in m.attrib]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_decodes(name: str) -> None:
    """Each picture is a whole PNG of the size that the page says, not blank, and described in words."""
    found = page(name)
    elements, images = found.all("img"), found.images()
    assert len(images) >= 3
    for element, image in zip(elements, images, strict=True):
        size = int(element.attrib["width"]), int(element.attrib["height"])
        assert (image.format, image.size) == ("PNG", size)
        assert len(image.convert("L").getcolors(256) or []) > 20
        assert len(element.attrib["alt"]) > 40


@pytest.mark.parametrize("name", NAMES)
def test_page_is_accessible(name: str) -> None:
    """Headings do not skip, every table has a caption and heads, and the contents list every section."""
    found = page(name)
    heads = [e for e in found.root.iter() if re.fullmatch(r"h\d", str(e.tag))]
    assert [e.tag for e in heads] == ["h1", *["h2"] * len(made(name).sections)]
    contents = [(a.attrib["href"], text(a)) for a in found.one("nav").iter("a")]
    assert contents == [(f"#{one.name}", one.title) for one in made(name).sections]
    for table in found.all("table"):
        assert text(table.find("caption"))
        assert {th.attrib["scope"] for th in table.iter("th")} == {"col", "row"}
        columns = {len(row) for row in table.iter("tr")}
        assert len(columns) == 1
    for tag in ("main", "header", "footer", "nav"):
        found.one(tag)
    assert "width=device-width" in next(m.attrib["content"] for m in found.all("meta") if len(m.attrib) == 2
                                        and m.attrib.get("name") == "viewport")  # fmt: skip


def test_numbers_are_those_of_the_library() -> None:
    """Key figures and results say what optimize and solve find for the same file."""
    file = rj.read_cluster_file(EXAMPLES / "duplex.toml")
    best = rj.optimize(file.cluster, file.costs, file.bounds)
    assert file.costs is not None
    shown = {name: value for name, value, _ in made("duplex").key_figures}
    assert shown["best wait"] == words(best.period)
    assert shown["availability"] == f"{best.state.availability:.8f}"
    assert shown["downtime in 365 d"] == words(float(best.state.downtime(8760)))
    assert shown["cost in 365 d"] == f"{best.state.cost(file.costs, 8760):.2f} EUR"
    results = page("duplex").table("Availability, downtime and cost")
    never = rj.solve(file.cluster.with_rejuvenation(0))
    assert results["unavailability"] == [f"{x.unavailability:.6g}" for x in (never, best.state)]
    assert "saves 121.44 EUR in 365 d (74.3 % of the cost)" in made("duplex").decision
    assert page("duplex").words().count(made("duplex").decision) == 1
    assert "1 March 2026" in page("duplex").words()


@pytest.mark.parametrize("name", ["duplex", "web_tier"])
def test_parts_of_the_cost_make_its_sum(name: str) -> None:
    """What each price causes adds up to the cost, to the cents shown."""
    horizon = words(rj.read_cluster_file(EXAMPLES / f"{name}.toml").horizon)
    rows = page(name).table(f"Where the cost in {horizon} comes from")
    columns = [
        [float(cell.split()[0].replace(",", "")) for cell in c] for c in zip(*rows.values(), strict=True)
    ]
    for *parts, whole in columns:
        assert sum(parts) == pytest.approx(whole, abs=0.006 * len(parts))
    assert len(rows) >= 3


def test_states_are_those_of_the_model() -> None:
    """The table of states has each with its probability."""
    best = made("duplex").best
    rows = page("duplex").table("States")
    assert {name: cells[1] for name, cells in rows.items()} == {
        label: f"{float(p):.6g}" for label, p in zip(best.state.states, best.state.probabilities, strict=True)
    }


def test_a_wait_in_the_file_stands_beside_the_best() -> None:
    """A file with a wait has a column of its own, and what it costs more than the best."""
    rows = page("huang_a").table("Availability, downtime and cost")
    assert rows["mean wait after becoming unstable"] == ["never", "14 d", "never"]
    assert rows["cost in 360 d"] == ["490.44 USD", "554.33 USD", "490.44 USD"]  # Huang et al. 1995
    assert "The wait in the file, 14 d: 63.90 USD more cost in 360 d." in page("huang_a").words()
    assert made("huang_a").decision.startswith("Do not rejuvenate the server")


def test_both_roads_are_compared() -> None:
    """The page says how far the two roads are apart, and where there is but one."""
    assert made("duplex").agreement == rj.agreement(made("duplex").best.model)
    assert "closed form and GTH agree" in page("duplex").words()
    assert made("timer").agreement is None
    assert "not compared" in page("timer").words()
    assert "a delay of this law has no chain to be followed" in page("timer").words()


def test_pool_has_its_own_tables() -> None:
    """Of a pool the page shows servers up, capacity, and the alternatives that the file asks for."""
    pool, words_of_page = made("pool").best.model, page("pool").words()
    state = rj.solve(pool)
    rows = page("pool").table("Servers up")
    assert {k: cells[1] for k, cells in rows.items()} == {
        str(k): f"{p:.6g}"
        for k, p in enumerate(state.up_servers)  # type: ignore[attr-defined]  # of a pool
    }
    assert [cells[0] for cells in rows.values()] == ["down", "down", "up", "up"]
    assert f"Capacity availability {state.capacity_availability:.10g}" in words_of_page  # type: ignore[attr-defined]
    path = Path("pool.toml")
    path.write_text(POOL, encoding="utf-8")
    base = rj.read_cluster_file(path).cluster
    assert isinstance(base, rj.Pool)
    chosen = rj.choose_pool(
        base, target=1 - 50 / 60 / 8760, spares=[0, 1], rejuvenation="best", bounds=(0, 6)
    )
    found = page("pool").table(
        "2 alternatives, the fewest servers first, each at the wait of its least downtime"
    )
    assert [cells[-1] for cells in found.values()] == [
        "yes" if x.meets_target else "no" for x in chosen.table
    ]
    assert [cells[4] for cells in found.values()] == [f"{x.nines:.3f}" for x in chosen.table]
    assert made("pool").title == "Shop front"


def test_uncertain_rates_have_a_section() -> None:
    """With ranges the page has distributions, the target, the ranking and what knowing is worth; else not."""
    found, known = read(uncertain().html), uncertain().uncertainty
    assert found.errors == []
    assert known is not None
    assert known.decision is not None
    assert known.meets_target is not None
    assert f"{words(known.decision.period)} has the least expected cost" in uncertain().decision
    assert f"with probability {100 * known.meets_target.mean:.3g} %" in found.words()
    ranking = found.table("Where the uncertainty comes from (total Sobol' indices)")
    assert tuple(ranking) == known.indices["unavailability"].ranking
    assert set(found.table("What it is worth to know better")) == {"all rates", "aging", "failure"}
    assert len(found.images()) == len(page("duplex").images()) + 3
    assert made("duplex").uncertainty is None
    assert "uncertain" not in page("duplex").words()


def test_hostile_text_stays_text() -> None:
    """A title, a currency and a name of a file full of markup are shown as they are, and make no element."""
    title, currency = "</title><script>alert(1)</script> & \"'", "<b onload='x'>"
    source = (EXAMPLES / "huang_b.toml").read_text(encoding="utf-8")
    source = source.replace('"USD"', json.dumps(currency)) + f"title = {json.dumps(title)}\n"
    path = Path("<img src=x>.toml")
    path.write_text(source, encoding="utf-8")
    found = read(rj.report(path).html)
    assert found.errors == []
    assert text(found.one("h1")) == text(found.one("title")) == title
    assert (found.all("script"), found.all("b")) == ([], [])
    assert f"USD {currency}" not in found.words()
    assert f"9,561.79 {currency} in 360 d" in found.words()
    assert "Cluster file <img src=x>.toml" in found.words()
    assert all(image.attrib["src"].startswith("data:") for image in found.all("img"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aging": "never"}, "makes no difference"),
        ({"failure": "never"}, "Do not rejuvenate the cluster"),
        ({"servers": "60", "aging": "365 d", "failure": "3650 d"}, "availability"),
    ],
)
def test_limits_have_a_page(changes: dict[str, str], said: str) -> None:
    """Clusters that never age, never fail, or fail more rarely than doubles can say have a valid page."""
    source = (EXAMPLES / "duplex.toml").read_text(encoding="utf-8")
    for key, value in changes.items():
        shown = value if key == "servers" else f'"{value}"'
        source = re.sub(rf"^{key} = \S+( d\")?", f"{key} = {shown}", source, count=1, flags=re.M)
    Path("x.toml").write_text(source, encoding="utf-8")
    result = rj.report("x.toml")
    assert read(result.html).errors == []
    assert said in result.decision + result.html


def test_report_is_a_value() -> None:
    """The same file and date give the same bytes; a report pickles, and its plain values are valid JSON."""
    path = Path("timer.toml")
    path.write_text(TIMER, encoding="utf-8")
    assert rj.report(rj.read_cluster_file(path), date=DAY).html == made("timer").html
    assert pickle.loads(pickle.dumps(made("pool"))).html == made("pool").html
    plain = uncertain().to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["date"] == "2026-03-01"
    frame = read(f"<!DOCTYPE html><title>x</title>{made('pool')._repr_html_()}").one("iframe")
    assert frame.attrib["srcdoc"] == made("pool").html
    assert html.escape(made("pool").title) in made("pool").html


def test_saved_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page replaces the old one in one step; where that fails the old one is as it was."""
    Path("a.html").write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", fail)
        with pytest.raises(OSError, match="nothing was changed"):
            made("timer").save("a.html")
    assert [path.name for path in Path().iterdir() if path.suffix != ".toml"] == ["a.html"]
    assert Path("a.html").read_text() == "old"
    made("timer").save(Path("a.html"))
    assert Path("a.html").read_text(encoding="utf-8") == made("timer").html
    with pytest.raises(rj.InvalidInputError, match=r"nowhere.*Make the directory first"):
        made("timer").save("nowhere/a.html")


def test_progress_is_told() -> None:
    """The callable hears of growing parts up to all of them."""
    uncertain()
    done = [x for x, _ in HEARD]
    assert len(HEARD) > 8
    assert done == sorted(done)
    assert HEARD[-1][0] == HEARD[-1][1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"date": "today"}, r"date: got \"today\"; date is a datetime.date"),
        ({"target": 2}, r"target"),
        ({"inputs": {"speed": (1, 2)}}, r"speed"),
    ],
)
def test_refusals(options: dict[str, object], message: str) -> None:
    """Arguments that are not valid are named."""
    with pytest.raises(rj.InvalidInputError, match=message):
        rj.report(EXAMPLES / "duplex.toml", **options)  # type: ignore[arg-type]


def test_a_grid_is_refused() -> None:
    """A report is on one cluster."""
    source = (EXAMPLES / "duplex.toml").read_text(encoding="utf-8")
    Path("x.toml").write_text(source.replace('aging = "7 d"', 'aging = ["7 d", "8 d"]'), encoding="utf-8")
    with pytest.raises(rj.InvalidInputError, match=r"x.toml: got a grid of shape \(2,\); a report is on one"):
        rj.report("x.toml")


def test_servers_of_a_large_pool_are_drawn_around_the_likeliest() -> None:
    """The bars are the probabilities; those with which the pool is down are hatched; 61 of many are drawn."""
    rates = rj.Rates(aging=1 / 168, failure=1 / 720, repair=1 / 2, restart=6, rejuvenation=1 / 24)
    small = rj.solve(rj.Pool(primaries=3, required=2, rates=rates))
    ax = plot_up_servers(small, ax=Figure().subplots())  # type: ignore[arg-type]  # of a pool
    bars = {round(bar.get_x() + bar.get_width() / 2): bar for bar in ax.patches}
    tops = [bars[k].get_y() + bars[k].get_height() for k in range(4)]
    assert tops == pytest.approx(list(small.up_servers))  # type: ignore[attr-defined]
    assert [bars[k].get_hatch() == "//" for k in range(4)] == [True, True, False, False]
    large = rj.solve(rj.Pool(primaries=100, required=90, rates=rates))
    places = plot_up_servers(large, ax=Figure().subplots()).get_xlim()  # type: ignore[arg-type]
    assert places[1] - places[0] == pytest.approx(61 + 0.4)
    with pytest.raises(rj.InvalidInputError, match="steady state of a Pool"):
        plot_up_servers(rj.solve(rj.Cluster(1, rates)))  # type: ignore[arg-type]
