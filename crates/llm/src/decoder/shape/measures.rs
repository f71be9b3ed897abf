//! Reads one architecture's properties from a file's header, each held against what can be computed.

use candle_core::quantized::gguf_file::Value;
use inhouse_agent::chat::ModelError;

use super::{Choice, Temperature, View};
use crate::decoder::architecture::{
    Architecture, EMBEDDING_SCALE, FACTORS, LOGIT_CAP, LOGIT_SCALE, RESIDUAL_SCALE, SCORE_CAP,
    TEMPERATURE_SCALE, Windows,
};
use crate::decoder::rotation::{Turns, Yarn};
use crate::gguf::Gguf;

/// No real network comes near these; they keep arithmetic from overflowing.
pub(super) const MOST_LAYERS: u64 = 1_024;
pub(super) const MOST_UNITS: u64 = 1 << 20;

pub(super) struct Measures<'a> {
    pub(super) gguf: &'a Gguf,
    pub(super) architecture: &'static Architecture,
}

impl Measures<'_> {
    pub(super) fn count(&self, property: &str, most: u64) -> Result<usize, ModelError> {
        let key = self.architecture.key(property);
        match self.gguf.number(&key) {
            None => Err(self.gguf.missing(&key)),
            Some(n) if (1..=most).contains(&n) => usize::try_from(n).map_err(|_| self.gguf.missing(&key)),
            Some(n) => Err(self.gguf.broken(format!("{key} is {n}"))),
        }
    }

    pub(super) fn positive(&self, property: &str, otherwise: Option<f32>) -> Result<f32, ModelError> {
        let key = self.architecture.key(property);
        let value = self.gguf.float(&key).or(otherwise).ok_or_else(|| self.gguf.missing(&key))?;
        if value.is_finite() && value > 0.0 {
            Ok(value)
        } else {
            Err(self.gguf.broken(format!("{key} is {value}")))
        }
    }

    /// A value above 0; `None` where the file has none, or 0.
    fn positive_if_any(&self, property: &str) -> Result<Option<f32>, ModelError> {
        match self.gguf.float(&self.architecture.key(property)) {
            None | Some(0.0) => Ok(None),
            Some(_) => self.positive(property, None).map(Some),
        }
    }

    /// Refuses what would change the network and is not known of this kind.
    pub(super) fn check_factors(&self) -> Result<(), ModelError> {
        const SECTIONS: &str = "rope.dimension_sections";
        let name = self.architecture.name();
        if self.gguf.has(&self.architecture.key(SECTIONS)) {
            let reason = format!("its {name}.{SECTIONS} turns heads in a way that is not known here");
            return Err(self.gguf.unsupported(reason));
        }
        for property in FACTORS.iter().filter(|property| !self.architecture.factors.contains(property)) {
            let key = self.architecture.key(property);
            if let Some(value) = self.gguf.float(&key).filter(|value| ![0.0, 1.0].contains(value)) {
                return Err(self.gguf.unsupported(format!(
                    "its {key} of {value} has no place in a {name} network as it is known here"
                )));
            }
        }
        Ok(())
    }

    /// Heads of keys and values, and which layers attend: where a file lists the heads of each
    /// layer, those with none do not.
    pub(super) fn kv_heads(&self, layers: usize, heads: usize) -> Result<(usize, Vec<bool>), ModelError> {
        const PROPERTY: &str = "attention.head_count_kv";
        let key = self.architecture.key(PROPERTY);
        let Some(listed) = self.gguf.array(&key).filter(|_| self.architecture.has_unattending()) else {
            let alone = self.gguf.has(&key).then(|| self.count(PROPERTY, MOST_UNITS)).transpose()?;
            return Ok((alone.unwrap_or(heads), vec![true; layers]));
        };
        let listed: Vec<u64> = listed.iter().filter_map(number).collect();
        let most = listed.iter().copied().max().unwrap_or(0);
        if listed.len() != layers || most == 0 || listed.iter().any(|heads| ![0, most].contains(heads)) {
            return Err(self.gguf.unsupported(format!("its {key} is {listed:?} for {layers} layers")));
        }
        let attends = listed.into_iter().map(|heads| heads > 0).collect();
        Ok((usize::try_from(most.min(MOST_UNITS)).unwrap_or(0), attends))
    }

    /// Tokens that convolutions see.
    pub(super) fn convolved(&self) -> Result<usize, ModelError> {
        if self.architecture.has_unattending() { self.count("shortconv.l_cache", 64) } else { Ok(1) }
    }

    pub(super) fn experts(&self) -> Result<Option<Choice>, ModelError> {
        if !self.architecture.has_experts() {
            return Ok(None);
        }
        let experts = self.count("expert_count", MOST_UNITS)?;
        Ok(Some(Choice {
            experts,
            used: self.count("expert_used_count", experts as u64)?,
            inner: self.count("expert_feed_forward_length", MOST_UNITS)?,
        }))
    }

    /// Units of one attention head.
    pub(super) fn head(&self, width: usize, heads: usize) -> Result<usize, ModelError> {
        let key = self.architecture.key("attention.key_length");
        let units = match self.gguf.number(&key) {
            Some(units) => usize::try_from(units.min(MOST_UNITS)).unwrap_or(0),
            None => width / heads,
        };
        if units == 0 || units % 2 != 0 {
            return Err(self.gguf.broken(format!("its heads have {units} units")));
        }
        let values = self.gguf.number(&self.architecture.key("attention.value_length"));
        if values.is_some_and(|values| values != units as u64) {
            return Err(self.gguf.unsupported(format!("its keys have {units} units, its values {values:?}")));
        }
        Ok(units)
    }

    /// The turns of layers that see everything.
    pub(super) fn turns(&self, head: usize, context: usize) -> Result<Turns, ModelError> {
        const UNITS: &str = "rope.dimension_count";
        let units = match self.gguf.number(&self.architecture.key(UNITS)) {
            None => head,
            Some(_) => self.count(UNITS, head as u64)?,
        };
        if units % 2 != 0 {
            return Err(self.gguf.broken(format!("{units} units of a head are turned")));
        }
        let factor = self.positive_if_any("rope.scaling.factor")?.unwrap_or(1.0);
        let attention = self.positive("rope.scaling.attn_factor", Some(1.0))?;
        let turns = Turns {
            units,
            base: self.positive("rope.freq_base", Some(1e4))?,
            stretch: factor,
            yarn: None,
            magnitude: attention,
        };
        match self.gguf.text(&self.architecture.key("rope.scaling.type")) {
            // Factors for short and long contexts are tensors.
            None | Some("linear" | "longrope") => Ok(turns),
            Some("none") => Ok(Turns { stretch: 1.0, ..turns }),
            Some("yarn") => {
                let magnitude = |weight: f32| 0.1 * weight * factor.max(1.0).ln() + 1.0;
                let all = self.positive_if_any("rope.scaling.yarn_log_multiplier")?.map_or(1.0, magnitude);
                let yarn = Yarn {
                    context: self.stretched_from(context)?,
                    fast: self.positive("rope.scaling.yarn_beta_fast", Some(32.0))?,
                    slow: self.positive("rope.scaling.yarn_beta_slow", Some(1.0))?,
                };
                Ok(Turns { yarn: Some(yarn), magnitude: attention * magnitude(1.0) / all, ..turns })
            }
            Some(kind) => Err(self.gguf.unsupported(format!("its positions are scaled by {kind:?}"))),
        }
    }

    /// The context that the network had before its positions were stretched.
    pub(super) fn stretched_from(&self, context: usize) -> Result<usize, ModelError> {
        const ORIGINAL: &str = "rope.scaling.original_context_length";
        match self.gguf.number(&self.architecture.key(ORIGINAL)) {
            None | Some(0) => Ok(context),
            Some(_) => self.count(ORIGINAL, u64::from(u32::MAX)),
        }
    }

    /// What each layer sees, and the turns that they have between them.
    pub(super) fn views(
        &self,
        attends: &[bool],
        turns: Turns,
    ) -> Result<(Vec<View>, Vec<Turns>), ModelError> {
        let layers = attends.len();
        let tuned = self.gguf.flag(&self.architecture.key("rope.scaling.finetuned"));
        let never_turns = self.architecture.turns_if_tuned && tuned == Some(false);
        let turns_at = |layer: usize| {
            let period = self.architecture.unturned_period;
            !never_turns && period.is_none_or(|period| !(layer + 1).is_multiple_of(period))
        };
        let (window, narrow, own) = match &self.architecture.windows {
            None => (None, vec![false; layers], None),
            Some(windows) => (
                self.window(windows),
                self.windowed_layers(layers, windows)?,
                self.windowed_turns(windows, &turns)?,
            ),
        };
        let own = own.filter(|_| window.is_some());
        let of_narrow = usize::from(own.is_some());
        let view = |layer: usize| {
            let is_narrow = narrow[layer] && window.is_some();
            View {
                attends: attends[layer],
                window: window.filter(|_| is_narrow),
                turns: turns_at(layer).then_some(if is_narrow { of_narrow } else { 0 }),
            }
        };
        Ok(((0..layers).map(view).collect(), [turns].into_iter().chain(own).collect()))
    }

    /// Tokens that layers with a window see; `None` where they see everything.
    fn window(&self, windows: &Windows) -> Option<usize> {
        match self.gguf.number(&self.architecture.key("attention.sliding_window")) {
            None => windows.tokens,
            Some(tokens) => usize::try_from(tokens).ok().filter(|tokens| *tokens > 0),
        }
    }

    /// The turns of layers with a window, where they are others.
    fn windowed_turns(&self, windows: &Windows, turns: &Turns) -> Result<Option<Turns>, ModelError> {
        let (base, former) = ("rope.freq_base_swa", "rope.local_freq_base");
        let named = self.positive_if_any(base)?.or(self.positive_if_any(former)?);
        let base = named.or(windows.base).unwrap_or(turns.base);
        let own = match windows.stretched {
            true => Turns { base, ..turns.clone() },
            false => Turns { units: turns.units, base, stretch: 1.0, yarn: None, magnitude: 1.0 },
        };
        Ok(Some(own).filter(|own| own != turns))
    }

    /// Which layers see a window only: every so manieth does not, or each as the file lists them.
    fn windowed_layers(&self, layers: usize, windows: &Windows) -> Result<Vec<bool>, ModelError> {
        let key = self.architecture.key("attention.sliding_window_pattern");
        if let Some(listed) = self.gguf.array(&key) {
            let listed: Vec<bool> = listed.iter().filter_map(number).map(|number| number > 0).collect();
            if listed.len() != layers {
                return Err(self.gguf.broken(format!("{key} is no list of {layers} layers")));
            }
            return Ok(listed);
        }
        let period = self.gguf.number(&key).unwrap_or(windows.period as u64);
        Ok((1..=layers as u64).map(|layer| period == 0 || !layer.is_multiple_of(period)).collect())
    }

    pub(super) fn query_scale(
        &self,
        layers: usize,
        width: usize,
        heads: usize,
        head: usize,
    ) -> Result<f32, ModelError> {
        let by_width = self.architecture.width_scaled_layers == Some(layers);
        let units = if by_width { width / heads } else { head };
        Ok(self.positive_if_any("attention.scale")?.unwrap_or((units as f32).powf(-0.5)))
    }

    pub(super) fn temperature(&self, context: usize) -> Result<Option<Temperature>, ModelError> {
        if !self.architecture.factors.contains(&TEMPERATURE_SCALE) {
            return Ok(None);
        }
        let step = self.stretched_from(context)?;
        Ok(self.positive_if_any(TEMPERATURE_SCALE)?.map(|scale| Temperature { scale, step }))
    }

    /// Of scores of attention, and of logits.
    pub(super) fn caps(&self) -> Result<[Option<f32>; 2], ModelError> {
        let cap = |property: &str, otherwise: Option<f32>| {
            if !self.architecture.factors.contains(&property) {
                Ok(None)
            } else if self.gguf.has(&self.architecture.key(property)) {
                self.positive_if_any(property)
            } else {
                Ok(otherwise)
            }
        };
        let [score, logit] = self.architecture.caps.map_or([None; 2], |caps| caps.map(Some));
        Ok([cap(SCORE_CAP, score)?, cap(LOGIT_CAP, logit)?])
    }

    /// Of embeddings, of what each part of a layer adds, and of logits.
    pub(super) fn scales(&self, width: usize) -> Result<[f32; 3], ModelError> {
        let root = if self.architecture.scaled_embedding { (width as f32).sqrt() } else { 1.0 };
        if !self.architecture.factors.contains(&LOGIT_SCALE) {
            return Ok([root, 1.0, 1.0]);
        }
        let scale = |property: &str| Ok(self.positive_if_any(property)?.unwrap_or(1.0));
        Ok([
            root * scale(EMBEDDING_SCALE)?,
            scale(RESIDUAL_SCALE)?,
            // Files say what logits are divided by.
            1.0 / self.positive(LOGIT_SCALE, None)?,
        ])
    }

    pub(super) fn vocabulary(&self, width: usize) -> Result<usize, ModelError> {
        let embedding = self.gguf.tensors()["token_embd.weight"].shape.dims();
        match *embedding {
            [vocabulary, units] if units == width => Ok(vocabulary),
            _ => Err(self.gguf.broken(format!("its embedding is {embedding:?}, its width {width}"))),
        }
    }
}

/// A whole number of a list; 1 for yes.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Bool(is_so) => Some(u64::from(*is_so)),
        Value::I32(number) => u64::try_from(*number).ok(),
        other => other.to_u64().ok(),
    }
}
