import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  build: {
    // The oldest engine that shows the window: WebKitGTK 2.40.
    target: "safari16.4",
    modulePreload: { polyfill: false },
    // An empty folder stays in place for the build of the shell, which embeds it.
    emptyOutDir: true,
    reportCompressedSize: false,
  },
  // A test reads the codes of errors where Rust defines them.
  server: { fs: { allow: [".."] } },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    setupFiles: ["test/setup.ts"],
    restoreMocks: true,
  },
});
