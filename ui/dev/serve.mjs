// Shows the built window in a browser with a stage in place of Rust: npm run build && npm run preview,
// then open /?scene=answer (the scenes stand in stage.js). Nothing here is part of the product.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ui = fileURLToPath(new URL("..", import.meta.url));
const port = Number(process.argv[2] ?? 4173);
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const { app } = JSON.parse(await readFile(join(ui, "../tauri.conf.json"), "utf8"));

createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  const path = normalize(pathname === "/" ? "/index.html" : pathname);
  const file = path.startsWith("/dev/") ? join(ui, path) : join(ui, "dist", path);
  try {
    let body = await readFile(file);
    if (path === "/index.html") {
      body = Buffer.from(body.toString().replace("<head>", '<head><script src="/dev/agents.js"></script><script src="/dev/stage.js"></script>'));
    }
    response.writeHead(200, {
      "content-type": `${types[extname(file)] ?? "application/octet-stream"}; charset=utf-8`,
      // The same policy as in the app, so that what it forbids is seen here.
      "content-security-policy": app.security.csp,
    });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/?scene=answer`));
