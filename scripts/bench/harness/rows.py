"""Goals and what was measured, as a table."""


def row(what, goal, measured, limit, at_most=True):
    """`limit` is the goal's number; `goal` the words around it."""
    met = measured <= limit if at_most else measured >= limit
    return {"what": what, "goal": goal, "measured": measured, "met": met}


def show(name, results):
    print(f"\n{name}")
    measured = results.get("measured", {})
    if measured:
        columns = list(dict.fromkeys(key for values in measured.values() for key in values if key != "rounds"))
        print("  " + f"{'':<34}" + "".join(f"{column:>22}" for column in columns))
        for contestant, values in measured.items():
            print("  " + f"{contestant:<34}" + "".join(f"{number(values.get(column)):>22}" for column in columns))
    for one in results["rows"]:
        verdict = "met" if one["met"] else "MISSED"
        print(f"  {one['what']:<58}goal {one['goal']:<30}measured {number(one['measured']):<12}{verdict}")
    print(flush=True)


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
