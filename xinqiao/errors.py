"""Every error a person can meet, named by how one recovers from it.

::

    XinqiaoError
    ├── InputError      the file or value handed in must be corrected
    ├── SettingsError   the workspace, a profile, a key file or a permission must be corrected
    ├── RefusedError    the action is not allowed as things stand; the message says what is
    ├── BusyError       nothing is wrong that waiting does not cure (database locked, platform away)
    └── DamageError     stored data contradicts itself; stop and look before going on

Messages are Chinese, say what to do next, and never hold an identity number. ``code`` is the stable
English word that ``--json`` shows.
"""


class XinqiaoError(Exception):
    """Root of all errors that are told to a person instead of shown as a traceback.

    Attributes:
        code: Stable English identifier of the error, for ``--json`` and for log events.
        exit_code: What the command line returns: 1 could not be done, 3 needs a person.
    """

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, code: str | None = None) -> None:
        """Keep the Chinese ``message``; ``code`` overrides the class's own."""
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class InputError(XinqiaoError):
    """The file or value handed in must be corrected; nothing was stored."""

    code = "input"


class SettingsError(XinqiaoError):
    """The workspace, a profile, a key file or a permission must be corrected."""

    code = "settings"


class RefusedError(XinqiaoError):
    """The action is not allowed in the present state; nothing was changed."""

    code = "refused"


class BusyError(XinqiaoError):
    """Nothing is wrong that waiting does not cure; the same command may succeed later."""

    code = "busy"


class DamageError(XinqiaoError):
    """Stored data contradicts itself; a person must look before anything goes on."""

    code = "damage"
