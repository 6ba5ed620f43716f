"""Codes of what happened on the way: in Chinese for people, made safe for logs."""

from collections.abc import Mapping
from types import MappingProxyType

_MOST_DIGITS = 8

_WORDS = MappingProxyType(
    {
        "connect_refused": "对方拒绝连接，请检查地址、端口和网络",
        "connect_failed": "无法建立连接，请检查网络",
        "connect_timeout": "建立连接超时，请检查网络",
        "name_unresolved": "无法解析对方的域名，请检查地址和域名解析",
        "tls_failed": "加密连接建立失败，请检查证书",
        "tls_names_mismatch": "对方的证书不是发给这个域名的，没有发送；请核对地址，或联系平台方",
        "tls_expired": "对方的证书已过期，没有发送；请核对本机时间，或请平台方更换证书",
        "tls_not_yet_valid": "对方的证书尚未生效，没有发送；请核对本机时间",
        "tls_unknown_authority": "对方的证书不是受信任的机构签发的，没有发送；"
        "平台自建根证书的，请向平台方索取并写入 authority",
        "client_certificate_refused": "对方不接受本单位的客户端证书，请核对 client_certificate",
        "proxy_failed": "代理服务器没有接通对方，没有发送；请检查 proxy 和代理服务器的放行规则",
        "bad_url": "配置的地址不合法，请检查 transport.base_url",
        "read_timeout": "已发出请求，等待应答超时",
        "write_timeout": "发送请求超时，对方可能已收到一部分",
        "write_failed": "发送请求时连接中断，对方可能已收到一部分",
        "total_timeout": "应答超过了总时限，已断开",
        "too_large": "应答超过了允许的大小，已断开",
        "cut_off": "应答没有收完，连接已断开",
        "bad_compression": "应答的压缩内容无法解开",
        "empty": "应答内容为空",
        "html": "应答是网页，不是数据，可能被网关或登录页拦截",
        "not_json": "应答不是合法的 JSON",
        "wrong_encoding": "应答的文字编码与声明不符",
        "rule_failed": "应答的形状与平台配置的规则不符",
        "unmatched": "平台配置中没有能解释这个应答的规则",
        "rows_unreadable": "应答中的行结果无法读出",
        "row_outside_batch": "应答中的行号不在本批次之内",
        "row_named_twice": "应答中同一行出现了两次",
        "entries_unreadable": "应答中的记录清单无法读出",
        "list_cut_short": "应答中的记录清单不完整",
        "other_key": "应答中的记录不是所查询的记录",
        "not_supported": "平台配置中没有这项操作",
        "token_unreadable": "令牌应答无法读出",
        "too_late": "已超过可以发送的时间，没有发送",
        "token_busy": "另一线程换取令牌没有成功，没有发送",
        "no_serial": "平台没有给出受理号，不能查询这一批的回执",
        "closed": "连接已关闭，没有发送",
        "connector_failed": "连接程序出错，没有给出结果，请查看日志并与其提供者联系",
        "not_xml": "应答不是合法的 XML",
        "not_unwrapped": "应答里层的文字不是平台配置所说的 JSON 或 XML",
        "not_encodable": "有平台所用字符集容纳不了的字，没有发送，请改用该字符集内的字后再报",
        "row_both_ways": "整批退回的应答中又有行已收下，互相矛盾",
        "no_marker": "页面上没有平台配置所说的标志文字，可能不是要核对的页面",
        "kind_not_shown": "平台配置所说的页面不公示这类记录，只能由人工核对",
        "batch_too_large": "批次超过平台配置的上限，应拆分后再报",
        "no_transactions": "表的存储引擎不支持事务（如 MyISAM）或看不出，写入后不能撤销，没有写入；"
        "请对方改为 InnoDB 表",
        "rows_written": "已写入前置库，等待对方处理",
        "already_there": "这一批已在对方的前置库或上报文件夹中，没有重复写入",
        "partly_there": "这一批的其他行已在前置库中，唯独没有这一行，须核实对方是否已取走",
        "connection_broken": "与前置库的连接在提交之前中断，没有写入",
        "commit_unanswered": "提交时连接中断，不知道是否写入",
        "login_refused": "前置库不接受所用的用户名或密码，请核对凭据",
        "table_missing": "前置库里没有配置的表，请核对表名、模式名和大小写",
        "column_missing": "前置库的表里没有配置的某一列，请运行 xinqiao platforms check 查明",
        "type_mismatch": "前置库的列类型与平台配置不符，没有写入；请运行 xinqiao platforms check "
        "查明是哪一列，更正该列的 type",
        "permission_missing": "前置库的用户权限不足，请由对方管理员授权",
        "row_locked": "前置库的表或行正被锁定，没有写入",
        "row_busy": "前置库里同一记录的上一行正在处理，没有写入",
        "rows_not_seen": "写入的行读不回来，已撤销；请核对行标识列的类型（应为文字）",
        "statement_timeout": "前置库执行语句超时，没有写入",
        "database_full": "前置库空间或连接已满，没有写入，请告知对方管理员",
        "database_error": "前置库报错，没有写入",
        "value_refused": "前置库不接受某个值，没有写入；请核对列的类型和长度",
        "constraint_failed": "前置库的约束不允许写入（必填、取值范围等）",
        "key_exists": "前置库里已有同一编号的行",
        "no_ledger_table": "平台配置没有写这类记录的台账表（ledger_tables）",
        "page_skipped": "台账须从第一页起逐页读取",
        "several_rows": "前置库里同一编号有多行，不能判断是哪一行，须人工处理",
        "no_former_row": "前置库里找不到这条记录原来的行（文书号或名称可能已更正），没有写入："
        "原来的行会与新的行同时有效；请人工在平台处理原来的行后再办理",
        "already_consumed": "前置库里已没有可以撤回的行：对方已取走，须人工到平台撤回",
        "withdrawn_unconsumed": "对方取走之前，已从前置库删除",
        "row_gone": "行已不在前置库中：是本次删除的还是对方取走的，须人工核实",
        "taken": "对方已取走，尚未确认",
        "rows_gone": "前置库里没有这一批的行，而对方会移走行，不能说明是否写入过",
        "not_visible_yet": "前置库里还没有这一批的行，时间尚短，稍后再看",
        "contradictory": "对方对同一行的回执相互矛盾，须人工核实",
        "void_refused": "新的一行已接受，但使旧的一行无效未被接受，须人工核实",
        "rows_unfit": "有的行不合上报模板，整批没有写出；其余各行会重新组批",
        "disk_full": "磁盘空间不足，没有写出；请清理上报文件夹所在的磁盘",
        "no_permission": "没有写入权限，没有写出；请检查上报文件夹的权限",
        "folder_missing": "上报文件夹不存在或没有挂载，没有写出；请检查 transport.folder",
        "file_write_failed": "写文件没有成功，没有写出；请检查磁盘和网络文件夹",
        "name_taken": "同名的文件已在上报文件夹中，内容却不同；请到文件夹查明是谁写的",
        "target_unreadable": "同名的文件已在上报文件夹中，但无法读出比对；请人工查看",
        "file_gone": "文件先前已投放，现已不在；可能已被取走，请向平台方查问",
        "publish_failed": "文件改名时出错，不知是否已经投放；请查看上报文件夹",
        "flag_failed": "文件已投放，标志文件却没有写成；请查看上报文件夹",
        "not_a_stand_in": "演练只能写入模拟平台的文件夹；请先启动模拟平台（xinqiao simulate）",
        "waits_for_upload": "上报包已备好，待人工上传；请按包内的说明办理",
        "package_changed": "上报包已备好，其中的上报文件却被改过；请向经办人查明上传的是哪一份",
        "package_gone": "上报包先前已备好，其中的上报文件现已不在；请向经办人查明是否已上传",
        "package_unreadable": "上报包先前已备好，其中的上报文件却无法读出比对；请人工查看",
        "no_receipt_file": "还没有回执文件",
        "not_settled": "回执文件可能还在写，稍后再读",
        "folder_unreadable": "回执文件夹读不到，请检查 receipts.file.folder",
        "file_damaged": "回执文件读不出，可能没有写完或已损坏",
        "file_too_large": "回执文件过大，没有读取",
        "sheet_missing": "回执文件中没有平台配置所写的工作表",
        "headings_differ": "回执文件的表头与平台配置不符，可能不是这种回执",
        "whole_file_refused": "平台整批退回了这份文件，没有指明的行也没有入库",
        "batch_unproven": (
            "看不出这份结果文件说的是哪个批次：文件名不合平台配置，内容又不足以指明批次"
            "（只列退回行的清单，文书号不能为凭）；"
            "请核对后逐行登记平台的答复"
        ),
        "foreign_file": "回执文件说的不是这个批次",
        "verdict_unknown": "回执文件中有平台配置没有说明的结果字样，请在 verdicts 中补上",
        "row_ambiguous": "批次中有几行的文书号相同，回执分不清是哪一行",
    }
)


def known_words() -> Mapping[str, str]:
    """Return our names of what happens on the way → their Chinese words."""
    return _WORDS


def words_for(code: str) -> str:
    """Return the Chinese words for one of our own names of what happened."""
    if code.startswith("http_"):
        return f"对方以 HTTP 状态 {code.removeprefix('http_')} 应答，没有说明"
    return _WORDS.get(code, f"通信未能完成（{code}）")


def safe_code(code: str) -> str:
    """Return a platform's code for the log.

    A long run of digits is left out: a careless platform may put an identity number there.
    """
    return "" if sum(letter.isdigit() for letter in code) > _MOST_DIGITS else code[:40]
