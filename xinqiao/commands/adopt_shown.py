"""What an adoption came to, as a person reads it (接管结果)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape

from xinqiao.commands.output import console, print_table

if TYPE_CHECKING:
    from xinqiao.reconcile.adoption.findings import Adopted
    from xinqiao.reconcile.adoption.runs import Standing
    from xinqiao.routing.starts import Starts

ORIGINS = {"api": "平台接口", "table": "平台台账表", "file": "文件 "}
"""Where a ledger was read → what people call that."""

_LISTED = 20


def standing_words(one: "Standing", starts: "Starts") -> str:
    """Return what is said of the records from before the start at one platform."""
    from xinqiao.records.kinds import kind_of

    first = starts.of(one.platform)
    since = "" if first is None else f"（{first} 起由本系统报送）"
    name = kind_of(one.kind).name
    rest = (
        f"，未接管 {one.not_adopted} 条：平台已有的用 xinqiao adopt 接管，以后更正才会报送"
        if one.not_adopted
        else ""
    )
    total = one.not_adopted + one.adopted
    return f"{one.platform} {name}启用前 {total} 条{since}：已接管 {one.adopted} 条{rest}"


def show_before_start(standing: "Sequence[Standing]", starts: "Starts") -> None:
    """Print what nobody owes since it was decided before the start; nothing where nothing was."""
    for one in standing:
        console.print(standing_words(one, starts), soft_wrap=True)


def show_adopted(one: "Adopted", *, dry_run: bool) -> None:
    """Print what the ledger of one kind came to."""
    from xinqiao.records.kinds import kind_of

    name = kind_of(one.kind).name
    if one.note:
        console.print(f"[bold]{name}[/]：{escape(one.note)}", soft_wrap=True)
    if one.id is None and not dry_run:
        return
    mode = "（只检查，没有改动）" if dry_run else f"（编号 {one.id}）"
    taken = "可以接管" if dry_run else "接管"
    console.print(
        f"[bold]{name}[/]台账 {one.read} 条{mode}：{taken} {one.adopted}，"
        f"已是持有 {one.already}，报送中 {one.under_way}，本地无记录 {one.without_record}，"
        f"不一致 {one.different}",
        soft_wrap=True,
    )
    for words in _remarks(one, dry_run=dry_run):
        console.print(f"  {words}", soft_wrap=True)
    _show_differing(one)
    _show_owed(one)


def _remarks(one: "Adopted", *, dry_run: bool) -> list[str]:
    repeated = "、".join(escape(key) for key in one.repeated_keys[:_LISTED])
    told = {
        f"其中 {one.by_number_only} 条台账只给出编号，没有可比的内容": one.by_number_only,
        f"其中 {one.different_accepted} 条内容不一致，按要求接管，没有更正平台：执行 "
        "xinqiao reconcile，对列出的差异用 xinqiao reconcile items act 编号 "
        "--action correct 更正": (one.different_accepted),
        f"其中 {one.withdrawn} 条本系统已登记撤回，平台仍有：将向平台报送撤回": one.withdrawn,
        f"本地无记录的 {one.without_record} 条已记下：对账时不算本地无，"
        "以后导入同一编号的不再报送": one.without_record and not dry_run,
        f"[red]台账里同一编号有不同的两条，没有接管：{repeated}[/]": one.repeated,
        f"[yellow]{one.without_key} 条没有写全编号，认不出是哪条记录[/]": one.without_key,
        f"[yellow]{one.several} 个编号对应本地多条记录，没有接管[/]": one.several,
        f"[yellow]{one.kept_back} 条待报送的已挂起，须人决定：xinqiao queue list --state held[/]": (
            one.kept_back
        ),
        f"[yellow]台账没有读全：{escape(one.incomplete)}。显示出来的照常接管，"
        "没有显示的不作判断；请再执行一次[/]": one.incomplete,
        f"启用前未接管的还有 {one.before_start} 条：不补报，平台上有没有请核实": one.before_start,
    }
    return [words for words, count in told.items() if count]


def _show_differing(one: "Adopted") -> None:
    if not one.differing:
        return
    print_table(
        ["编号", "字段", "本地", "平台"],
        [
            (
                differing.document_number,
                f"{field.name}（{field.field}）" if field.field else field.name,
                field.ours,
                field.theirs,
            )
            for differing in one.differing[:_LISTED]
            for field in differing.fields
        ],
        title="不一致，没有接管：平台对的更正本地记录后再接管；都认可的用 --accept-different",
    )
    if one.different + one.several > _LISTED:
        console.print(f"…只列 {_LISTED} 条，用 --json 查看更多")


def _show_owed(one: "Adopted") -> None:
    if one.incomplete:
        # what was not shown may well be there
        console.print("  台账没有读全，是否须报送未判")
        return
    if not one.owed:
        return
    overdue = f"，其中已逾期 [red]{one.overdue}[/]" if one.overdue else ""
    console.print(f"  台账里没有、须由本系统报送的 {one.owed} 条{overdue}", soft_wrap=True)
    print_table(
        ["记录", "时限", "截止日", "性质"],
        [
            (
                owed.name,
                owed.rule,
                owed.due_on,
                ("已逾期" if owed.overdue else "法定时限") if owed.legal else "内部时限",
            )
            for owed in one.still_owed[:_LISTED]
        ],
    )
