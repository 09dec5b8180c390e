"""An MCP server on standard input and output, with the tools `add` and `fail`."""

import json
import sys

SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
}
TOOLS = [
    {"name": name, "description": f"Tool {name}.", "inputSchema": SCHEMA}
    for name in ("add", "fail")
]

for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    method, parameters = message["method"], message.get("params") or {}
    if method == "initialize":
        result = {
            "protocolVersion": parameters["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "test", "version": "1"},
        }
    elif method == "tools/list":
        result = {"tools": TOOLS}
    elif method == "tools/call":
        failed = parameters["name"] == "fail"
        total = sum(parameters["arguments"].values())
        text = "it failed" if failed else str(total)
        result = {"content": [{"type": "text", "text": text}], "isError": failed}
    else:
        error = {"code": -32601, "message": f"no method {method}"}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": error}), flush=True)
        continue
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
