// Plays Rust's part for agents and their runs. Scenes: gallery, agent, folder, run, approval, question,
// done, filing, filed, outcomes, and in a chat: handing, task, leave, made; stage.js loads it and adds what it returns to its own commands.
window.stageAgents = (scene, zh, send) => {
  const words = (en, zh) => ({ en, zh });
  const step = (name, en, zh, work) => ({ name, title: words(en, zh), work });
  const input = (name, en, zh, kind, rest = {}) => ({ name, label: words(en, zh), kind, required: true, default: null, options: [], ...rest });
  const plan = {
    steps: [
      step("rules", "Read the house rules", "读取合同规则", "table"),
      step("clauses", "Find the clause for each rule", "为每条规则查找条款", "for_each"),
      step("verdicts", "Compare with the limits", "与限值比较", "query"),
      step("who", "Ask who signs", "询问签署人", "ask"),
      step("report", "Write the issue list", "编写问题清单", "write"),
    ],
    checks: [
      { name: "once", says: words("Each rule is answered once", "每条规则恰好回答一次") },
      { name: "quoted", says: words("Every clause stands in the contract, to the letter", "每个条款均为合同原文") },
      { name: "opens", says: words("The issue list opens", "问题清单可以打开") },
    ],
  };
  const toml = 'name = { en = "Contract reviewer", zh = "合同审查" }\nindustry = "office"\n\n[[inputs]]\nname = "contract"\nlabel = { en = "The contract", zh = "合同" }\nkind = "file"\n\n[[steps]]\nname = "clauses"\nuse = "for_each"\ntitle = { en = "Find the clause for each rule", zh = "为每条规则查找条款" }\n';
  const agent = (id, en, zh, industry, description, rest = {}) => ({
    id, name: words(en, zh), description, industry, own: false, folder: `/home/lin/.local/share/inhouse/gallery/${id}`, model: null,
    inputs: [
      input("contract", "The contract", "合同", "file"),
      input("rule_list", "House rules", "合同规则", "file", { default: "rules.csv" }),
      input("from", "First day of the period", "起始日", "date", { required: false }),
      input("office", "The office that issues it", "发文机关", "text", { required: false }),
      input("kind", "Kind of contract", "合同类型", "choice", { required: false, options: [{ code: "supply", says: words("Supply", "采购") }, { code: "service", says: words("Service", "服务") }] }),
    ],
    plan, write: "ask", file: "never", collections: [], limits: { tokens: 400000, minutes: 120, rows: 2000 }, toml, ...rest,
  });
  const filer = {
    steps: [
      step("what", "Tell what each file is", "判断每个文件是什么", "for_each"),
      step("names", "Put the new names together", "拼出新名称", "query"),
      step("changes", "Compare with last month", "与上月比对", "compare"),
      step("notes", "Translate the notes", "翻译备注", "translate"),
      step("move", "Move them", "移动文件", "file"),
      step("dates", "Note the dates", "记下日期", "calendar"),
      step("letter", "Draft a mail", "起草邮件", "mail"),
    ],
    checks: [{ name: "all", says: words("Each file is filed or left, and none is lost", "每个文件或已归档或保留原处，没有遗漏") }],
  };
  const agents = {
    agents: [
      agent("folder-filer", "Folder filer", "文件归档", "office", words("Names the files of a folder after what they are, and files them by year and sender.", "按内容为文件夹中的文件命名，并按年份和发件人归档。"), {
        inputs: [input("inbox", "The folder", "待整理的文件夹", "folder"), input("rules", "House rules", "归档规则", "file", { required: false })],
        plan: filer, file: "ask", collections: zh ? ["合同", "制度"] : ["Contracts", "Policies"],
      }),
      agent("expense-auditor", "Expense auditor", "报销审核", "finance", words("Holds expense claims against the travel policy and lists what is over.", "对照差旅制度审核报销明细，列出超标项。")),
      agent("reconciler", "Reconciler", "对账", "finance", words("Matches bank statement and cash book, line by line.", "逐笔核对银行对账单与日记账。")),
      agent("contract-reviewer", "Contract reviewer", "合同审查", "office", words("Checks a contract against your house rules, clause by clause, and lists what deviates, with the words that say so.", "按照公司的合同规则逐条审查合同，列出不符合之处，并附原文。")),
      agent("my-reviewer", "Our reviewer", "我司合同审查", "office", words("With the rules of our own legal department.", "采用本公司法务部的规则。"), { own: true }),
    ],
    broken: [{ id: "mine", path: "/home/lin/.local/share/inhouse/agents/mine/agent.toml", problems: [{ line: 12, what: "step `clauses` uses `contrat`, which is no input and no step before it" }, { line: 30, what: "the choice `verdict` has no options" }] }],
  };
  const value = (text, from = "computed", places = []) => ({ text, from, places });
  const quote = zh ? "买方应在验收合格后 45 日内付款" : "The buyer pays within 45 days of acceptance";
  const place = { document: zh ? "采购合同.docx" : "supply-agreement.docx", page: 3, quote, cells: null };
  const table = {
    columns: [["rule", "text"], ["verdicts_row", "number"], ["value", "number"], ["verdict", "text"], ["clause", "text"], ["note", "text"]].map(([name, kind]) => ({ name, kind })),
    rows: [
      [value("payment_days"), value("1"), value("45", "quoted", [place]), value("deviates", "chosen"), value(quote, "quoted", [place]), value(zh ? "超过 30 日" : "more than 30 days", "unsupported")],
      [value("warranty"), value("2"), value("", "missing"), value("missing", "chosen"), value("", "missing"), value("")],
    ],
  };
  const given = { contract: zh ? "/home/lin/合同/采购合同.docx" : "/home/lin/Contracts/supply-agreement.docx", kind: "supply" };
  const out = zh ? "/home/lin/合同/采购合同-审查.docx" : "/home/lin/Contracts/supply-agreement-review.docx";
  const begun = [
    { type: "begun", agent: "contract-reviewer", model: "qwen2.5-coder-1.5b", language: zh ? "zh" : "en", given },
    { type: "read", input: "contract", document: place.document, pages: 12, emptyPages: 1 },
    { type: "step_begun", step: "rules" }, { type: "step_done", step: "rules", table },
    { type: "step_begun", step: "clauses" },
    ...[1, 2, 3].map((n) => ({ type: "filled", at: `clauses/${n}/clause`, text: quote, promptTokens: 400, answerTokens: 20 })),
  ];
  const later = [
    { type: "step_done", step: "clauses", table }, { type: "step_begun", step: "verdicts" }, { type: "step_done", step: "verdicts", table },
    { type: "step_begun", step: "who" }, { type: "asked", at: "who", question: zh ? "由谁签署？" : "Who signs?", options: zh ? ["法务部", "采购部"] : ["Legal", "Purchasing"] },
  ];
  const answered = [{ type: "answered", at: "who", text: zh ? "法务部" : "Legal" }, { type: "step_done", step: "who", table }, { type: "step_begun", step: "report" }, { type: "previewed", at: "report", path: out, preview: "" }];
  const ended = [
    { type: "decided", at: "report", approved: true }, { type: "wrote", at: "report", path: out, bytes: 18000 }, { type: "step_done", step: "report", table: { columns: [{ name: "sha256", kind: "text" }], rows: [] } },
    { type: "checked", check: "once", passed: true, detail: "" }, { type: "checked", check: "quoted", passed: false, detail: "clause in row 2: `60 days` is not quoted" }, { type: "checked", check: "opens", passed: true, detail: "" },
    { type: "ended", failed: ["quoted"] },
  ];
  const inbox = zh ? "/home/lin/收件" : "/home/lin/Inbox";
  const names = zh
    ? [["扫描0012.pdf", "2026/华能电力/2026-03-01 采购合同.pdf"], ["IMG_2210 未命名.docx", "2026/法务部/2026-02-14 会议纪要.docx"], ["发票 (3).pdf", "2025/顺丰/2025-12-30 发票.pdf"]]
    : [["scan0012.pdf", "2026/Northwind Logistics/2026-03-01 supply agreement, signed.pdf"], ["Document (3) final FINAL.docx", "2026/Legal/2026-02-14 minutes.docx"], ["invoice.pdf", "2025/Carrier/2025-12-30 invoice (2).pdf"]];
  const cell = (text) => ({ text, from: "given", places: [] });
  const listed = { columns: [{ name: "file", kind: "text" }, { name: "problem", kind: "text" }], rows: [...names.map(([from]) => [cell(from), cell("")]), [cell("old.doc"), cell(zh ? "无法读取这类文件" : "this kind of file can't be read; save it as DOCX")]] };
  const filing = [
    { type: "begun", agent: "folder-filer", model: "qwen2.5-coder-1.5b", language: zh ? "zh" : "en", given: { inbox } },
    ...names.map(([from], index) => ({ type: "read", input: "inbox", document: from, pages: 3, emptyPages: index === 0 ? 1 : 0 })),
    { type: "listed", input: "inbox", table: listed },
    ...["what", "names", "changes", "notes"].flatMap((step) => [{ type: "step_begun", step }, { type: "step_done", step, table }]),
    { type: "step_begun", step: "move" }, { type: "previewed", at: "move", path: inbox, preview: "" },
  ];
  const moved = [
    { type: "decided", at: "move", approved: true },
    ...names.flatMap(([from, to], index) => [{ type: "made_folder", at: "move", path: `${inbox}/${to.split("/").slice(0, 2).join("/")}` }, { type: "filed", at: "move", from: `${inbox}/${from}`, to: `${inbox}/${to}`, copied: index === 2 }]),
    { type: "step_done", step: "move", table: listed }, { type: "step_begun", step: "dates" }, { type: "step_done", step: "dates", table: listed }, { type: "step_begun", step: "letter" }, { type: "step_done", step: "letter", table: listed },
    { type: "checked", check: "all", passed: true, detail: "" }, { type: "ended", failed: [] },
  ];
  const preview = zh ? "合同审查：采购合同\n\n共 12 条规则，其中 2 条不符合。\n\n规则 | 限值 | 合同值 | 结论\n付款期限 | 30 | 45 | 不符合" : "Contract review: supply-agreement\n\n2 of 12 rules are not met.\n\nRule | Limit | In the contract | Verdict\nPayment | 30 | 45 | DEVIATES";
  const pendings = {
    question: { kind: "answer", at: "who", question: later.at(-1).question, options: later.at(-1).options },
    approval: { kind: "approval", at: "report", path: out, preview },
    filing: { kind: "approval", at: "move", path: inbox, preview: names.map((name, index) => name.join(index === 2 ? " ⇒ " : " → ")).join("\n") },
  };
  pendings.leave = pendings.approval;
  const events = { run: begun, question: [...begun, ...later], approval: [...begun, ...later, ...answered], done: [...begun, ...later, ...answered, ...ended], filing, filed: [...filing, ...moved], task: begun, leave: [...begun, ...later, ...answered], made: [...begun, ...later, ...answered, ...ended] }[scene] ?? begun;
  const state = { run: "cut_short", question: "waiting", approval: "waiting", done: "failed", filing: "waiting", task: "cut_short", leave: "waiting", made: "failed" }[scene] ?? "passed";
  const run = (id, agent, state) => ({ id, agent, model: "qwen2.5-coder-1.5b", state, begunAt: 1795000000 - id * 4000, endedAt: null, seconds: 312 });
  const runs = [run(7, scene.startsWith("fil") ? "folder-filer" : "contract-reviewer", state), run(6, "reconciler", "passed"), run(5, "expense-auditor", "failed"), run(4, "reconciler", "stopped"), run(3, "gone-agent", "broken")];
  const shown = { run: runs[0], plan: scene.startsWith("fil") ? filer : plan, pending: pendings[scene] ?? null, events: events.map((event) => ({ at: 1795000000, event })) };
  const outcome = (agent, rest) => ({ agent, model: "qwen2.5-coder-1.5b", runs: 12, passed: 9, failed: 2, unfinished: 1, seconds: 3720, tokens: 184200, approvals: 7, accepted: 6, corrected: 2, rejected: 1, ...rest });

  return {
    commands: {
      agents: () => agents,
      check_agent: () => [{ line: 11, what: "step `clauses` has no fields" }],
      copy_agent: ({ id }) => agents.agents.find((agent) => agent.id === id),
      runs: () => runs,
      run: () => shown,
      outcomes: () => [outcome("contract-reviewer"), outcome("reconciler", { runs: 3, passed: 3, failed: 0 })],
      begin_run: ({ onEvent }) => void send(onEvent, [{ type: "started", shown }]),
      carry_on_run: ({ onEvent }) => void send(onEvent, [{ type: "started", shown }]),
      stop_run: () => null, answer_run: () => null, decide_run: () => null, judge_run: () => null,
      undo_run: () => [{ path: out, left: null, kept: null }],
    },
    async play() {
      const click = async (selector) => {
        while (!document.querySelector(selector)) await new Promise((done) => setTimeout(done, 10));
        document.querySelector(selector).click();
      };
      if (scene === "handing") await click("[data-testid=hand-over]");
      if (scene === "task") await click("[data-testid=carry-on]");
      if (!["gallery", "agent", "folder", "run", "approval", "question", "done", "filing", "filed", "outcomes"].includes(scene)) return;
      await click("[data-room=agents]");
      await click({ gallery: "[data-testid=open-gallery]", agent: "[data-agent=contract-reviewer]", folder: "[data-agent=folder-filer]", outcomes: "[data-testid=open-outcomes]" }[scene] ?? "[data-run-id='7'] button");
      if (scene === "run") await click("[data-testid=carry-on]");
      if (scene === "done") await click("[data-step=verdicts] summary");
      if (scene === "folder") window.emitted("tauri://drag-drop", { paths: ["/home/lin/a.docx", "/home/lin/b.docx"], position: { x: 1, y: 1 } });
      if (scene === "filed") await click("[data-testid=listed] summary");
    },
  };
};
