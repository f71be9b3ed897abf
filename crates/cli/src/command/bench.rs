//! `inhouse bench`: how fast the model is on this machine.

use clap::Args;
use inhouse_app::AppError;
use serde::Serialize;

use crate::command::print_json;
use crate::{Context, End};

#[derive(Debug, Args)]
pub struct Bench {
    /// The chat model, as `inhouse models list` names it
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Lengths of prompt to read, in tokens
    #[arg(long, value_name = "TOKENS", value_delimiter = ',', default_values_t = [512, 2048])]
    context: Vec<usize>,
    /// Tokens to write behind each
    #[arg(long, value_name = "TOKENS", default_value_t = 64)]
    decode: usize,
}

#[derive(Serialize)]
struct Output<'a> {
    model: &'a str,
    threads: usize,
    speeds: Vec<SpeedLine>,
}

#[derive(Serialize)]
struct SpeedLine {
    context: usize,
    prefill_tok_s: f64,
    decode_tok_s: f64,
}

impl Bench {
    pub async fn run(self, context: &Context) -> Result<End, AppError> {
        let contexts: Vec<usize> = self.context.iter().copied().filter(|tokens| *tokens > 0).collect();
        let measured = context.app.measure_speed(contexts, self.decode.max(1)).await?;
        if context.json {
            print_json(&Output {
                model: &measured.model,
                threads: measured.threads,
                speeds: measured
                    .speeds
                    .iter()
                    .map(|speed| SpeedLine {
                        context: speed.context,
                        prefill_tok_s: (speed.prefill * 10.0).round() / 10.0,
                        decode_tok_s: (speed.decode * 10.0).round() / 10.0,
                    })
                    .collect(),
            })?;
        } else {
            println!("{}, {} threads", measured.model, measured.threads);
            println!("{:>8} {:>16} {:>16}", "prompt", "reading", "writing");
            for speed in &measured.speeds {
                println!("{:>8} {:>9.1} token/s {:>9.1} token/s", speed.context, speed.prefill, speed.decode);
            }
        }
        Ok(End::Done)
    }
}
