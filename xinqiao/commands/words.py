"""Words of the database → what operators read, wherever more than one command shows them."""

from collections.abc import Mapping

OPERATIONS = {"insert": "新增", "update": "变更", "withdraw": "撤回", "take_down": "下架"}

OUTCOMES = {
    "accepted": "已入库",
    "received": "已收下",
    "rejected": "退回",
    "duplicate": "重复",
    "rate_limited": "限流",
    "auth": "凭据不认",
    "retryable": "未送达",
    "in_doubt": "不明",
    None: "没有结束（程序中断或仍在进行）",
}
"""What a send, or a receipt, means for the row."""

_QUESTIONS = {
    "accepted": "有应答",
    "received": "有应答",
    "rejected": "平台不认这次询问",
    "duplicate": "有应答",
    "rate_limited": "限流，没有问成",
    "auth": "凭据不认，没有问成",
    "retryable": "没有接通",
    "in_doubt": "没有应答",
    None: "没有应答（程序中断或仍在进行）",
}
"""How a call that only asks went; it says nothing about the row, whatever the outcome is called."""

_RESULTS: Mapping[str, Mapping[str | None, str]] = {
    "send": OUTCOMES,
    "query": _QUESTIONS,
    "poll": _QUESTIONS,
}

PURPOSES = {"send": "报送", "query": "查询", "poll": "取回执"}

VERBS = {
    "retry": "重试",
    "hold": "挂起",
    "release": "放行",
    "cancel": "取消",
    "resolve": "核实",
}

WAITS = {
    "": "等轮到它",
    "backoff": "上次没有成功，隔一段时间再试",
    "platform_resting": "平台暂时不可用，等它恢复",
    "retry_after": "平台要求过一段时间再来",
    "not_visible_yet": "平台刚收下的可能还查不到，现在查不到不算没有",
    "split": "整批被退回又没有指明哪一行，改为更小的批次",
    "mates_at_fault": "同一批里别的行有错，整批被退回；这一行没有被收下，重新报送",
    "taken": "平台已取走，还没有确认",
    "isolated": "报送它时程序曾意外中止，改为单独报送",
    "by_hand": "人工提前",
}
"""Why a submission is not tried earlier than it is."""

SKIPPED = {
    "ready": "待报送",
    "sending": "正在报送中",
    "awaiting_receipt": "平台已收下，待回执",
    "in_doubt": "是否到达平台尚待核实",
    "accepted": "已入库",
    "rejected": "已被退回",
    "conflict": "有冲突",
    "held": "已挂起",
    "cancelled": "已取消",
    "may_have_left": "是否到达平台尚不清楚，须先用 queue resolve 登记核实结果",
    "not_needed": "记录已有更新的版本、已撤回或尚有错误",
    "busy": "同一记录已有进行中的报送件",
    "sent_later": "在 --reported-on 那天以后才报送",
    "changed": "刚刚有变化，已不符合条件",
}
"""Why a bulk action leaves a submission as it is."""

TRANSPORTS = {
    "http": "接口（HTTP）",
    "exchange_db": "前置库",
    "file": "文件夹",
    "manual": "人工上传",
    "python": "自编连接程序",
}
"""How rows reach a platform."""

RECEIPTS = {
    "sync": "报送时当场答复（整批）",
    "sync_rows": "报送时当场逐行答复",
    "poll": "报送后查询",
    "status_column": "前置库的状态列",
    "feedback_table": "前置库的反馈表",
    "row_consumed": "前置库的行被取走（只知取走，不知结果）",
    "receipt_file": "回执文件",
    "error_file": "错误文件（只列退回的）",
    "page_check": "核对公示页面",
    "manual": "人工登记",
    "none": "没有回执（靠对账或人工核实）",
}
"""How receipts come back."""

REPORTED_BY = {
    "platform_time": "平台入库时间",
    "receipt": "收到回执的时间",
    "sent": "发出的时间",
    "person": "人工凭证据登记的入库日期",
}
"""Which moment counts as reported."""

COUNTS_FROM = {
    "platform_time": "平台入库时间；平台没有说的，按收到回执的时间",
    "receipt": "收到回执的时间",
    "sent": "发出的时间",
}
"""Which moment a profile wants to count."""

STEPS = {"static": "固定密钥", "token": "令牌", "sign": "签名"}
"""Steps by which a platform recognises us."""

CORRECTIONS = {"update": "变更", "replace": "先撤后报", "by_hand": "人工办理"}
WITHDRAWALS = {"operation": "撤回操作", "void_row": "报送一条无效的", "by_hand": "人工办理"}
"""How a newer version reaches a platform, and how a record is taken back."""

_VERIFY = "请先到平台核实，再用 xinqiao queue resolve 登记结果"

_WAYS_ON = {
    "sending": "正在报送，等它有了结果再处理",
    "awaiting_receipt": "等平台的回执：执行 xinqiao sync 收取；"
    "没有回执的平台用 xinqiao queue confirm-delivery 登记平台答复",
    "in_doubt": _VERIFY,
    "conflict": "请到平台核对，再用 xinqiao queue resolve --as accepted 登记，"
    "或用 xinqiao queue cancel 取消",
    "held": "用 xinqiao queue release 放行，或到平台核实后用 xinqiao queue resolve 登记结果",
}
"""State that a verb does not fit → what can be done instead."""

_ACTIONS = {
    "workspace.founded": "建立工作区",
    "import.finished": "导入文件",
    "record.imported": "新增记录",
    "record.changed": "变更记录",
    "duty.opened": "报送义务产生",
    "submission.created": "生成报送件",
    "submission.brought_forward": "提前重试",
    "submission.resolved_by_hand": "人工核实",
    "submission.confirmed_by_hand": "人工登记平台答复",
    "delivery.confirmed": "登记批次的答复",
    "record.withdrawn": "登记撤回",
    "record.restored": "取消撤回",
    "publication.taken_down": "登记下架",
    "publication.restored": "恢复公示",
    "publication.allowed": "查看后准予公开",
    "publication.classified": "认定失信程度",
    "review.approved": "审核批准",
    "review.returned": "审核退回",
    "review.refused": "审核未获准",
    "duty.handled": "办结",
    "duty.moved": "截止日变动",
    "duty.overdue": "已逾期",
    "duty.reopened": "报送义务恢复",
    "duty.waived": "无须再报",
    "duty.adopted": "启用前已报送",
    "holding.adopted": "接管：算作平台已有",
    "holding.adoption_undone": "撤销接管：不再算作平台已有",
    "adoption.begun": "开始接管",
    "adoption.refused": "接管未获准",
    "adoption.finished": "完成接管",
    "adoption.undone": "撤销接管",
    "adoption.undo_refused": "撤销接管未获准",
    "batch.sealed": "封存批次，开始报送",
    "incident.opened": "出现异常事项",
    "incident.closed": "异常事项结束",
    "outage.recorded": "登记平台停机",
    "outage.revoked": "撤销平台停机",
    "outage.record_refused": "登记平台停机未获准",
    "outage.revoke_refused": "撤销平台停机未获准",
    "calendar.imported": "导入放假通知",
    "behaviours.imported": "导入行为代码表",
    "reconcile.finished": "完成对账",
    "ledger.overtaken": "读取台账被后一次取代",
    "ledger.read": "读取台账",
    "difference.opened": "发现对账差异",
    "difference.reopened": "再次发现对账差异",
    "difference.closed": "对账差异自行消失",
    "difference.acted": "处置对账差异",
    "difference.act_refused": "处置对账差异未获准",
    "holding.disproved": "台账证明平台没有",
    "holding.differs": "平台内容不同，再报一次",
    "holding.shown": "平台仍显示",
    "holding.noted": "持有留痕",
    "anchor.written": "写审计锚点",
    "anchor.copied": "锚点送到存放处",
    "anchor.copied_again": "锚点补送到存放处",
    "anchor.key_created": "建立锚点签名密钥",
    "anchor.key_changed": "更换锚点签名密钥",
    "data.pruned": "清理过期内容",
    "data.prune_refused": "清理未获准",
    "database.copied": "数据库复制到此",
    "database.moved": "数据库搬走，本库停用",
    "database.copy_refused": "搬库未获准",
    "platform.paused": "暂停平台",
    "platform.resumed": "恢复平台",
    "platform.confirmed": "确认档案",
    "queue.bulk": "批量处置",
    "queue.retry_refused": "重试未获准",
    "queue.hold_refused": "挂起未获准",
    "queue.release_refused": "放行未获准",
    "queue.cancel_refused": "取消未获准",
    "queue.resolve_refused": "核实未获准",
}
"""Action → what an auditor reads; changes of state are named by the state."""


def action_words(name: str) -> str:
    """Return what an auditor reads for the action of an entry; an unknown one as it is."""
    from xinqiao.queue.states import CHINESE, State

    head, _, state = name.partition(".")
    if head == "submission" and state in set(State):
        return f"报送件→{CHINESE[State(state)]}"
    return _ACTIONS.get(name, name)


def unclaimed_words(records: int) -> str:
    """Return what is said of records that are owed to platforms that the workspace has not."""
    return (
        f"没有平台接收 {records} 条：应报送的平台还没有接入。请在 platforms/ 中添加平台的文件"
        "（报送到哪里用 xinqiao routes list 查看），添加后自动补报，时限从决定日算起"
    )


def way_on(state: str, *, may_have_left: bool) -> str:
    """Return what can be done with a submission that a verb does not fit; empty where nothing.

    Args:
        state: Where it stands.
        may_have_left: It may have reached the platform, so that releasing it is refused too.
    """
    return _VERIFY if state == "held" and may_have_left else _WAYS_ON.get(state, "")


def result_words(purpose: str, outcome: str | None) -> str:
    """Return how a call ended: of a send what it means for the row, of a question only how it went.

    Args:
        purpose: ``send``, ``query`` or ``poll``.
        outcome: Outcome of the call; None while it has not ended.
    """
    return _RESULTS[purpose][outcome]


def worker_words(actor: str) -> str:
    """Return who acted, without the number of the process and of its start."""
    return actor.partition("/")[0]


def process_words(worker: str, *remarks: str) -> str:
    """Return which process works, so that several of one person on one machine are told apart.

    Args:
        worker: Person or service, machine, process, and the number of its start.
        remarks: What else is said of it.
    """
    person, _, rest = worker.partition("/")
    process = rest.partition("/")[0]
    return f"{person}（{'，'.join((f'进程 {process}', *remarks))}）"
