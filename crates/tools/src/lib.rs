//! What an agent can do outside itself.
//!
//! It owns the tools: what each one takes, does and gives back. What a tool takes is data that a
//! model filled in under the tool's schema, so it is checked as anything from outside is; what a
//! tool gives back says how it came about, so that it can be shown as evidence.
//!
//! Invariants: no tool guesses: what can be read in two ways is refused, with both ways named; the
//! same arguments give the same result, and the clock is an argument; nothing here runs longer or
//! takes more memory than its arguments' limits allow.
//!
//! Start reading at [`calculate`].

pub mod calculate;
