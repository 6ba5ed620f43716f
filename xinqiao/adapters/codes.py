"""Codes of what happened on the way: in Chinese for people, made safe for logs."""

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
        "batch_too_large": "批次超过平台配置的上限，应拆分后再报",
    }
)


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
