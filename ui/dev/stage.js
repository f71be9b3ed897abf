// Plays Rust's part for dev/serve.mjs. Scenes: empty, mixed, hints, many, reading, writing, answer,
// declined, computed, conflict, stopped, failed, interrupted, missing, long, drop, problem, book,
// collections, vacant, offer, part, pinned, computing, full, sorting, within,
// and those of agents.js; ?lang=zh for Chinese documents.
(() => {
  const query = new URLSearchParams(location.search);
  const scene = query.get("scene") ?? "answer";
  const zh = query.get("lang") === "zh";
  localStorage.setItem("inhouse.language", zh ? "zh" : "en");

  const callbacks = new Map();
  const listeners = new Map();
  let nextCallback = 1;

  const error = (code, message = "", hint = "") => ({ code, message, hint });
  const source = (id, name, state, rest = {}) => ({
    id,
    name,
    path: `/home/lin/${zh ? "制度" : "Policies"}/${name}`,
    state,
    reason: null,
    pages: 6,
    emptyPages: [],
    passages: 14,
    passagesInMemory: 14,
    ...rest,
  });

  const mixed = zh
    ? [
        source(1, "差旅费管理办法.pdf", "ready", { pages: 12, passages: 31, passagesInMemory: 31 }),
        source(2, "员工手册（2026年修订版）.docx", "partly_read", { pages: 48, emptyPages: [3, 5, 17, 18, 19, 20], passages: 120, passagesInMemory: 120 }),
        source(3, "报销标准.txt", "ready", { pages: 1, passages: 4, passagesInMemory: 4 }),
        source(4, "2025年度第三季度华东区域销售合同及补充协议扫描件汇总（最终版）.pdf", "failed", { pages: 30, emptyPages: Array.from({ length: 30 }, (_, i) => i + 1), passages: 0, passagesInMemory: 0, reason: error("no_text") }),
        source(5, "价目表.xlsx", "failed", { pages: 0, passages: 0, passagesInMemory: 0, reason: error("unsupported") }),
        source(6, "会议纪要.md", "reading", { pages: 3, passages: 120, passagesInMemory: 40 }),
        source(7, "采购管理制度.pdf", "reading", { pages: 7, passages: 0, passagesInMemory: 0 }),
        source(8, "安全生产责任制.docx", "queued", { pages: 0, passages: 0, passagesInMemory: 0 }),
      ]
    : [
        source(1, "travel-policy.pdf", "ready", { pages: 12, passages: 31, passagesInMemory: 31 }),
        source(2, "staff-handbook.docx", "partly_read", { emptyPages: [3, 5] }),
        source(3, "price-list.md", "ready", { pages: 1, passages: 4, passagesInMemory: 4 }),
        source(4, "Framework agreement Northwind Logistics 2025-2027, signed copy incl. annexes A-F (final, scanned).pdf", "failed", { pages: 30, emptyPages: [1], passages: 0, passagesInMemory: 0, reason: error("no_text") }),
        source(5, "broken.pdf", "failed", { pages: 0, passages: 0, passagesInMemory: 0, reason: error("broken", "the file is broken: no trailer") }),
        source(6, "meeting-notes.txt", "reading", { pages: 3, passages: 120, passagesInMemory: 40 }),
        source(7, "procurement-rules.pdf", "reading", { pages: 7, passages: 0, passagesInMemory: 0 }),
        source(8, "safety.docx", "queued", { pages: 0, passages: 0, passagesInMemory: 0 }),
      ];
  const many = Array.from({ length: 200 }, (_, i) =>
    source(i + 1, zh ? `合同-${String(i + 1).padStart(4, "0")}-华东分公司.pdf` : `contract-${String(i + 1).padStart(4, "0")}-northwind.pdf`,
      i % 41 === 7 ? "failed" : i % 23 === 5 ? "partly_read" : i > 190 ? "queued" : "ready",
      i % 41 === 7 ? { passages: 0, passagesInMemory: 0, reason: error("encrypted") } : i % 23 === 5 ? { emptyPages: [2] } : i > 190 ? { pages: 0, passages: 0, passagesInMemory: 0 } : {}),
  );

  const pageText = zh
    ? "第三章 住宿费标准\n\n第九条　出差人员应当在规定标准内选择安全、经济、便捷的宾馆住宿。\n\n第十条　住宿费上限按地区分级执行：北京、上海、广州、深圳每人每天 650 元，省会城市及计划单列市每人每天 480 元，其他地区每人每天 380 元。超出标准部分由个人承担，特殊情况须经部门负责人事前书面批准。\n\n第十一条　住宿费凭增值税发票据实报销。无住宿费发票的，不得报销住宿费，也不得以其他票据抵充。\n\n第十二条　与会议统一安排住宿的，由会议主办单位承担住宿费，不再另行报销。𠮷野家收据按餐费处理。\n\n第四章 伙食补助费\n\n第十三条　伙食补助费按出差自然（日历）天数计算，按规定标准包干使用。"
    : "3  Accommodation\n\n3.1  Travellers choose safe, economical and convenient hotels within the limits of this policy.\n\n3.2  The limit for a hotel night, breakfast included, is 140 EUR in Germany and 180 EUR in Paris, London and Zurich. Anything above the limit is paid by the traveller, unless the head of department approved it in writing before the journey.\n\n3.3  Hotel costs are reimbursed against the original invoice. Without an invoice there is no reimbursement, and other receipts do not replace it.\n\n3.4  Where a conference provides the room, its organiser bears the cost, and nothing is claimed in addition.\n\n4  Meals\n\n4.1  The daily allowance is paid for each calendar day of the journey.";
  const chars = Array.from(pageText);
  const range = (quote) => {
    const start = Array.from(pageText.slice(0, pageText.indexOf(quote))).length;
    return { start, end: start + Array.from(quote).length };
  };
  const at = (id) => {
    const { name, path } = mixed.find((s) => s.id === id);
    return { source: id, name, path };
  };
  const q1 = zh ? "住宿费上限按地区分级执行：北京、上海、广州、深圳每人每天 650 元，省会城市及计划单列市每人每天 480 元" : "The limit for a hotel night, breakfast included, is 140 EUR in Germany";
  const q2 = zh ? "超出标准部分由个人承担，特殊情况须经部门负责人事前书面批准" : "Anything above the limit is paid by the traveller, unless the head of department approved it in writing";
  const cite = (quote, id = 1, page = 3) => ({ ...at(id), page, ...range(quote), quote, cells: null });
  const passages = [
    { ...at(1), page: 3, start: 0, end: chars.length, heading: zh ? "差旅费管理办法 > 住宿费标准" : "Travel policy > Accommodation", text: pageText, score: 0.93 },
    { ...at(2), page: 22, start: 40, end: 260, heading: zh ? "员工手册 > 出差" : "Staff handbook > Journeys", text: zh ? "员工出差前应提交出差申请，经部门负责人批准后方可预订交通和住宿。预订应通过公司差旅平台完成。" : "Before a journey, staff file a request; transport and hotels are booked only after the head of department has approved it, and always through the company's travel desk.", score: 0.81 },
    { ...at(4), page: 7, start: 10, end: 90, heading: "", text: zh ? "甲方人员因项目需要出差的，费用标准按照甲方内部规定执行。" : "Where the customer's staff travel for the project, the rates of the customer's own policy apply.", score: 0.6 },
  ];
  const sentences = zh
    ? [
        { text: "北京等一线城市的住宿费上限为每人每天 650 元，省会城市为 480 元。", supported: true, citations: [cite(q1)], conflicts: [] },
        { text: "超出部分由个人承担，除非部门负责人事前书面批准。", supported: true, citations: [cite(q2), { ...at(2), page: 22, start: 60, end: 80, cells: null, quote: "经部门负责人批准" }], conflicts: [] },
        { text: "这些标准每年都会调整一次。", supported: false, citations: [], conflicts: [] },
      ]
    : [
        { text: "A hotel night in Germany may cost up to 140 EUR, breakfast included.", supported: true, citations: [cite(q1)], conflicts: [] },
        { text: "Anything above that is paid by the traveller unless the head of department approved it in writing before the journey.", supported: true, citations: [cite(q2), { ...at(2), page: 22, start: 60, end: 80, cells: null, quote: "only after the head of department has approved it" }], conflicts: [] },
        { text: "The limits are usually raised once a year.", supported: false, citations: [], conflicts: [] },
      ];
  const timing = { retrievalMs: 180, firstTokenMs: 9800, totalMs: 14200, promptTokens: 702, answerTokens: 61 };
  const answer = {
    run: 1, text: sentences.map((s) => s.text).join(zh ? "" : " "), declined: false, stopped: false, cut: false,
    sentences, calculation: null, passages, passagesLeftOut: 2, timing,
  };
  const against = { ...at(2), page: 9, start: 0, end: 10, cells: null, quote: zh ? "住宿标准：直辖市每人每天不超过 600 元" : "Hotels: up to 120 EUR a night, without breakfast" };
  const disputed = [{ ...sentences[0], conflicts: [against] }, ...sentences.slice(1)];
  const calculation = "(80 + 120) * 3 = 600";
  const declinedText = zh ? "你的文档中没有这个问题的答案。" : "Your documents do not say this.";
  const question = zh ? "去北京出差，住宿费一晚最多能报多少？" : "What may a hotel night in Germany cost?";
  const long = zh
    ? "请比较差旅费管理办法和员工手册中关于出差审批、住宿标准、伙食补助以及交通工具等级的规定，指出两者不一致的地方，并说明应当以哪一份为准？"
    : "Please compare what the travel policy and the staff handbook say about approvals, hotel limits, daily allowances and classes of transport, point out where the two disagree, and say which of them is to be followed?";
  const crowdName = zh ? "2018 年供应商框架合同（签署版及全部补充协议）" : "Framework agreements with suppliers 2018, signed copies";
  const turn = (run, question, rest) => ({ run, question, agent: null, within: null, task: null, answer: null, error: null, ...rest });
  const turns = {
    declined: [turn(1, question, { answer }), turn(2, zh ? "公司食堂周五供应什么？" : "What does the canteen serve on Fridays?", { answer: { ...answer, run: 2, text: declinedText, declined: true, sentences: [], passages: [], passagesLeftOut: 0 } })],
    stopped: [turn(1, question, { answer: { ...answer, stopped: true, sentences: sentences.slice(0, 1), text: sentences[0].text } }), turn(2, long, { answer: { ...answer, run: 2, stopped: true, sentences: [], text: "" } }), turn(3, question, { answer: { ...answer, run: 3, cut: true } })],
    computed: [turn(1, zh ? "（80 + 120）乘以 3 是多少？" : "What is three times the sum of 80 and 120?", { agent: "expense-auditor", answer: { ...answer, text: calculation, sentences: [], passages: [], passagesLeftOut: 0, calculation } })],
    conflict: [turn(1, question, { agent: "expense-auditor", answer: { ...answer, sentences: disputed, text: disputed.map((s) => s.text).join(zh ? "" : " ") } })],
    handing: [turn(1, question, { agent: "contract-reviewer", answer })],
    ...Object.fromEntries(["task", "leave", "made"].map((name) => [name, [turn(1, question, { answer }), turn(2, zh ? "合同审查：采购合同.docx" : "Contract reviewer: supply-agreement.docx", { agent: "contract-reviewer", task: 7 })]])),
    within: [
      turn(1, question, { within: zh ? "制度" : "Policies", answer }),
      turn(2, zh ? "公司食堂周五供应什么？" : "What does the canteen serve on Fridays?", { agent: "contract-reviewer", within: crowdName, answer: { ...answer, run: 2, text: zh ? `“${crowdName}”中没有相关内容。` : `This is not in “${crowdName}”.`, declined: true, sentences: [], passages: [], passagesLeftOut: 0 } }),
      turn(3, question, { agent: "contract-reviewer", within: zh ? "招标" : "Tenders", error: error("not_found", "there is no collection Tenders") }),
    ],
    failed: [turn(1, question, { error: error("model_missing", "model file qwen2.5-coder-1.5b-instruct-q4_k_m.gguf is not in /home/lin/.local/share/inhouse/models") })],
    interrupted: [turn(1, question)],
    long: [turn(1, long, { answer: { ...answer, sentences: [...sentences, ...sentences, ...sentences], text: [...sentences, ...sentences, ...sentences].map((s) => s.text).join(zh ? "" : "\n\n") } })],
  };
  const chats = [
    { id: 1, title: question, updatedAt: 1795000000 },
    { id: 2, title: long, updatedAt: 1794900000 },
    { id: 3, title: zh ? "供应商付款期限是多少天？" : "How long may suppliers wait for payment?", updatedAt: 1794800000 },
  ];
  const hasChats = !["empty", "hints", "mixed", "drop"].includes(scene);
  const model = (name, state, error = null) => ({ id: name, name, state, error });
  const gone = error("model_missing", "model file is not in /home/lin/.local/share/inhouse/models");
  const status = {
    version: "0.1.0",
    chat: scene === "missing" ? model("Qwen2.5-Coder 1.5B Instruct", "missing", gone) : model("Qwen2.5-Coder 1.5B Instruct", hasChats ? "loaded" : "present"),
    embedding: model("multilingual-e5-small", "loaded"),
  };
  const live = scene === "reading" || scene === "writing";
  const view = {
    chat: turns[scene] || scene === "answer" ? 1 : null,
    draft: scene === "hints" ? (zh ? "供应商付款期限" : "How long may suppliers") : "",
    reader: scene === "book" ? { source: 1, page: 6, start: 1500 * chars.length + range(q1).start, end: 1500 * chars.length + range(q1).end } : scene === "answer" || scene === "long" ? { source: 1, page: 3, ...range(q1) } : null,
  };

  const send = (channel, messages) => messages.forEach((message, index) => callbacks.get(channel)?.({ index, message }));
  const idOf = (channel) => Number(String(channel.toJSON ? channel.toJSON() : channel).replace("__CHANNEL__:", ""));

  const agents = window.stageAgents(scene, zh, (channel, messages) => setTimeout(() => send(idOf(channel), messages), 20));
  const named = (en, zhName, rest) => ({ name: zh ? zhName : en, pinned: false, sources: [], own: [], places: [], ...rest });
  const folder = { path: `/home/lin/${zh ? "制度/2026年度" : "Policies/2026"}`, name: zh ? "2026年度" : "2026" };
  const collections = [
    named("Contracts", "合同", { sources: [4], own: [4] }),
    named("Policies", "制度", { pinned: ["pinned", "computing", "full"].includes(scene), sources: [1, 2, 3, 7], own: [1, 2], places: [folder] }),
    ...(scene === "within" ? [named(crowdName, crowdName, { sources: [1, 3], own: [1, 3] })] : []),
    ...(scene === "vacant" ? [named("Tenders", "招标")] : []),
  ];
  const crowd = Array.from({ length: 9 }, (_, i) =>
    named(`Framework agreements with suppliers ${2018 + i}, signed copies`, `${2018 + i} 年供应商框架合同（签署版及全部补充协议）`, { pinned: i % 2 === 0, sources: many.filter(({ id }) => id % 9 === i).map(({ id }) => id) }),
  );
  const inCollections = ["collections", "vacant", "offer", "part", "pinned", "computing", "full", "sorting", "within"].includes(scene);
  const ahead = { running: scene === "computing", done: scene === "computing" ? 37 : 0, all: scene === "computing" ? 155 : 0, bytes: scene === "computing" ? 83e6 : 0, full: scene === "full", byItself: !zh };
  const pick = { within: crowdName, vacant: zh ? "招标" : "Tenders" }[scene] ?? (zh ? "制度" : "Policies");

  const commands = {
    collections: () => (scene === "many" ? crowd : inCollections || scene === "answer" ? collections : []),
    ahead: () => ahead,
    computed: () => ({ sources: 3, complete: scene === "full" ? 2 : 1, bytes: scene === "full" ? 4.2e9 : 83e6 }),
    cost_of_pinning: () => (scene === "offer" ? new Promise((done) => setTimeout(() => done({ passages: 155, bytes: 310e6, used: 83e6, limit: 4 * 2 ** 30 }), 50)) : { passages: 12400, bytes: 24e9, used: 83e6, limit: 4 * 2 ** 30 }),
    set_pinned: () => null,
    make_collection: () => null,
    put_source: () => null,
    put_paths: () => null,
    take_source_out: () => null,
    take_path_out: () => null,
    compute_ahead: () => null,
    stop_computing: () => null,
    ...agents.commands,
    status: () => status,
    subscribe: ({ onEvent }) => {
      const channel = idOf(onEvent);
      if (scene === "problem") setTimeout(() => send(channel, [{ type: "problem", error: error("disk_full", "writing /home/lin/.local/share/inhouse/record.sqlite: no space left on device") }, { type: "problem", error: error("unheard_of", "the fan is stuck", "blow into it") }]), 50);
    },
    sources: () => (scene === "empty" || scene === "drop" ? [] : scene === "many" ? many : scene === "hints" ? mixed.slice(0, 3) : mixed),
    folders: ({ paths }) => paths.filter((path) => !/\.\w+$/.test(path)),
    hand_over: () => 1,
    add_paths: ({ paths }) => ({ queued: paths.length, unchanged: 1, skipped: [{ path: "/home/lin/photo.heic", reason: error("unsupported") }] }),
    retry_source: () => null,
    remove_source: () => null,
    stop_reading: () => null,
    chats: () => (hasChats ? chats : []),
    chat: () => turns[scene] ?? [turn(1, question, { answer })],
    delete_chat: () => null,
    ask: ({ onEvent }) => {
      const channel = idOf(onEvent);
      const events = [{ type: "started", run: 9, chat: 1 }, { type: "evidence", passages }, { type: "reading", done: 420, total: 700 }];
      if (scene === "writing") events.push({ type: "text", text: sentences[0].text }, { type: "text", text: zh ? "超出部分由个人" : " Anything above that is paid" });
      if (!live) events.push({ type: "done", answer });
      setTimeout(() => send(channel, events), 20);
    },
    stop_answer: () => null,
    read_page: ({ source, page }) => ({ ...at(source), page, pages: 12, text: page === 5 ? "" : page === 6 ? pageText.repeat(3000) : pageText }),
    load_view: () => view,
    save_view: ({ view }) => void ((window.savedViews ??= []).push(view)),
    "plugin:event|listen": ({ event, handler }) => (listeners.set(event, handler), nextCallback++),
    "plugin:event|unlisten": () => null,
    "plugin:dialog|open": () => ["/home/lin/new.pdf"],
  };

  window.emitted = (event, payload) => callbacks.get(listeners.get(event))?.({ event, id: 1, payload });
  window.__TAURI_EVENT_PLUGIN_INTERNALS__ = { unregisterListener() {} };
  window.__TAURI_INTERNALS__ = {
    metadata: { currentWindow: { label: "main" }, currentWebview: { windowLabel: "main", label: "main" } },
    transformCallback(callback) {
      const id = nextCallback++;
      callbacks.set(id, callback);
      return id;
    },
    unregisterCallback: (id) => callbacks.delete(id),
    async invoke(command, args) {
      if (!commands[command]) throw error("internal", `no such command: ${command}`);
      return commands[command](args);
    },
  };

  addEventListener("DOMContentLoaded", async () => {
    while (document.documentElement.dataset.ready !== "true") await new Promise((done) => setTimeout(done, 10));
    if (scene === "drop") window.emitted("tauri://drag-enter", { paths: ["/a.pdf"], position: { x: 1, y: 1 } });
    await agents.play();
    if (inCollections && scene !== "sorting") {
      document.querySelector(`[data-collection="${pick}"] [data-row]`).click();
      await new Promise((done) => setTimeout(done, 20));
      if (scene === "offer" || scene === "part") document.querySelector("[data-testid=pin]").click();
    }
    if (scene === "sorting") document.querySelector("[data-source-id='2'] [data-testid=collections-of-source]").click();
    if (!live) return;
    const field = document.querySelector("[data-testid=question]");
    field.value = question;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => setTimeout(done, 20));
    document.querySelector("[data-testid=send]").click();
  });
})();
