//! Room for what lies between two steps of a network, kept from one token to the next.

use crate::kernel::Level;
use crate::kernel::inputs::Inputs;

pub(super) struct Scratch {
    pub(super) level: Level,
    /// The inputs of the next products, rounded.
    pub(super) inputs: Inputs,
    pub(super) by_heads: Vec<f32>,
    pub(super) normed: Vec<f32>,
    pub(super) query: Vec<f32>,
    pub(super) key: Vec<f32>,
    pub(super) value: Vec<f32>,
    pub(super) attended: Vec<f32>,
    pub(super) gate: Vec<f32>,
    pub(super) up: Vec<f32>,
    pub(super) out: Vec<f32>,
}

impl Scratch {
    pub(super) fn new(level: Level) -> Self {
        Self {
            level,
            inputs: Inputs::default(),
            by_heads: Vec::new(),
            normed: Vec::new(),
            query: Vec::new(),
            key: Vec::new(),
            value: Vec::new(),
            attended: Vec::new(),
            gate: Vec::new(),
            up: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Rounds the inputs of the products that follow.
    pub(super) fn set_inputs(&mut self, values: &[f32], width: usize) {
        self.inputs.set(values, width, self.level);
    }
}
