//! End to end: the real window, the terminal, no network, crashes, bad files.

#![expect(clippy::print_stdout, reason = "the figures are printed for whoever reads the log")]

mod agents;
mod crash;
mod filing;
mod setting;
mod terminal;
mod trouble;
mod window;
