"""The commands of the command line, one module each.

A command's module has `EXAMPLE` (a command line that works, shown at the end of its help),
`add_arguments(parser)` and `run(arguments) -> int`. The table here is all that `tradewind --help`
needs, so that it loads no command.
"""

# Name as typed -> one line of help. The module is the name with "_" for "-".
COMMANDS: dict[str, str] = {
    "amend": "give a working order another quantity, limit price or stop price",
    "audit": "who did what through the gateway, and whether the trail is whole",
    "backtest": "run a strategy over imported market data",
    "config": "check the settings, show where each came from",
    "connect": "check the keys of a venue and store them encrypted",
    "data": "import, export, list and check market data",
    "doctor": "look over this installation and say what is missing",
    "drop-copy": "hold a venue's orders and executions against the journal, beside a run",
    "halt": "stop new orders and cancel the working ones",
    "jobs": "backtests, sweeps and downloads in a queue: asked for, listed, canceled, scheduled",
    "keys": "who may connect to the bus between processes, by public key",
    "limits": "the limits of a running engine, shown or changed",
    "ledger": "the double-entry books, shown or written as CSV, Parquet or Beancount",
    "migrate": "bring the tables of the databases to this program's layout",
    "new-strategy": "write a file with a strategy to begin with",
    "notify": "tell people what happens, over Telegram, Slack, Discord, e-mail and others",
    "order": "place one order by hand, plain or worked by an algorithm",
    "orders": "list the orders of a running engine, or cancel one",
    "positions": "list the positions of a running engine",
    "queue": "messages that wait for a worker, and dead ones: shown, put back, thrown away",
    "reconcile": "on what we and a venue differ; take the venue's word",
    "records": "move all that is stored from this computer's files into PostgreSQL",
    "replay": "run a strategy over a recorded file of a venue's messages",
    "report": "statements of the books, and what executing the orders cost",
    "resume": "lift a halt",
    "risk": "the risk monitor's levels, stress scenarios and account terms, shown or changed",
    "run": "run the platform, on paper or live",
    "secrets": "change this installation's own secrets without logging anybody out",
    "status": "show a running engine at a glance",
    "strategies": "list the strategies of the library and their parameters",
    "sweep": "run a strategy over imported market data with every combination of parameters",
    "users": "the gateway's users, and its first administrator",
    "venue": "run a local venue that speaks a real one's protocol, with faults on demand",
    "verify": "read what is stored and say whether it is what was written",
    "watchdog": "cancel everything at the venue when the engine hangs, beside a run",
}
