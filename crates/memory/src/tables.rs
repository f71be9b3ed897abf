//! Questions in SQL to tables of a run: nothing is stored, nothing is changed.
//!
//! Numbers are decimals of 38 digits, so that sums of amounts are exact; what can't be held exactly is
//! refused and not rounded. The work is bounded in memory and time.

mod origin;

use std::sync::Arc;
use std::time::Duration;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int64Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, RecordBatchOptions,
};
use arrow_schema::{DataType, Field, Schema};
use datafusion::arrow::compute::cast;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use inhouse_agent::table::{Column, Kind, Queried, Table, Value};

/// The column that each table gets: the number of the row, from 1.
pub const ROW_NUMBER: &str = "row_no";

const MEMORY_BYTES: usize = 256 << 20;
const TIME: Duration = Duration::from_secs(30);
/// Rows of an answer.
const ROWS: usize = 100_000;
/// Decimal digits that a number may have, and behind the point.
const DIGITS: usize = 38;
const DECIMALS: usize = 12;

/// What can go wrong, cut by what the author of the question can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Mend the SQL.
    #[error("the question to the tables is wrong: {reason}")]
    Sql { reason: String },
    /// The table holds what SQL can't compute with exactly.
    #[error("`{value}` in {table}.{column} can't be computed with: {reason}")]
    Value { table: String, column: String, value: String, reason: &'static str },
    /// Ask for less.
    #[error("the question to the tables takes too much: {reason}")]
    TooMuch { reason: String },
}

/// Answers a question to tables by their names.
pub async fn query(sql: &str, tables: &[(&str, &Table)]) -> Result<Queried, QueryError> {
    query_within(sql, tables, TIME).await
}

async fn query_within(sql: &str, tables: &[(&str, &Table)], time: Duration) -> Result<Queried, QueryError> {
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_limit(MEMORY_BYTES, 1.0)
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
        .build_arc()
        .map_err(wrong)?;
    // One partition, so that rows come in the order of their tables.
    let config = SessionConfig::new().with_target_partitions(1).with_information_schema(false);
    let context = SessionContext::new_with_config_rt(config, runtime);
    for (name, table) in tables {
        context.register_batch(*name, batch(name, table)?).map_err(wrong)?;
    }
    let only_reading =
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let work = async {
        let frame = context.sql_with_options(sql, only_reading).await.map_err(wrong)?;
        let schema = frame.schema().as_arrow().clone();
        let plan = frame.logical_plan();
        let origins: Vec<Vec<_>> =
            (0..schema.fields().len()).map(|at| origin::origins(plan, at).into_iter().collect()).collect();
        let frame = frame.limit(0, Some(ROWS + 1)).map_err(wrong)?;
        Ok((schema, origins, frame.collect().await.map_err(wrong)?))
    };
    let (schema, origins, batches) = tokio::time::timeout(time, work).await.map_err(|_| {
        QueryError::TooMuch { reason: format!("it was not done after {} seconds", time.as_secs()) }
    })??;
    let mut table = Table {
        columns: schema
            .fields()
            .iter()
            .map(|field| Column::new(field.name(), kind_of(field.data_type())))
            .collect(),
        rows: Vec::new(),
    };
    for batch in &batches {
        let columns = batch.columns().iter().map(texts).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            table.rows.push(columns.iter().map(|column| Value::computed(column[row].clone())).collect());
        }
    }
    if table.rows.len() > ROWS {
        return Err(QueryError::TooMuch { reason: format!("its answer has more than {ROWS} rows") });
    }
    Ok(Queried { table, origins })
}

fn wrong(error: datafusion::error::DataFusionError) -> QueryError {
    use datafusion::error::DataFusionError;
    match error.find_root() {
        DataFusionError::ResourcesExhausted(reason) => QueryError::TooMuch { reason: reason.clone() },
        root => {
            QueryError::Sql { reason: root.strip_backtrace().lines().next().unwrap_or_default().to_owned() }
        }
    }
}

fn batch(name: &str, table: &Table) -> Result<RecordBatch, QueryError> {
    let mut fields = vec![Field::new(ROW_NUMBER, DataType::Int64, false)];
    let mut arrays: Vec<ArrayRef> =
        vec![Arc::new(Int64Array::from_iter_values((1..).take(table.rows.len())))];
    for (at, column) in table.columns.iter().enumerate() {
        if column.name == ROW_NUMBER {
            continue;
        }
        let values = table.rows.iter().map(|row| row[at].text.as_str());
        let refused = |value: &str, reason| QueryError::Value {
            table: name.to_owned(),
            column: column.name.clone(),
            value: value.to_owned(),
            reason,
        };
        let array: ArrayRef = match column.kind {
            Kind::Text => {
                let mut builder = StringBuilder::new();
                values.for_each(|value| builder.append_value(value));
                Arc::new(builder.finish())
            }
            Kind::Number => {
                let scale = values.clone().map(decimals).max().unwrap_or(0);
                if scale > DECIMALS {
                    let value = values.clone().find(|value| decimals(value) == scale).unwrap_or_default();
                    return Err(refused(value, "it has too many decimals"));
                }
                let mut numbers = Vec::with_capacity(table.rows.len());
                for value in values {
                    numbers.push(match value {
                        "" => None,
                        value => Some(
                            scaled(value, scale)
                                .ok_or_else(|| refused(value, "it is no number of 38 digits"))?,
                        ),
                    });
                }
                let array = Decimal128Array::from(numbers);
                let scale = i8::try_from(scale).expect("at most twelve");
                Arc::new(
                    array
                        .with_precision_and_scale(DIGITS as u8, scale)
                        .map_err(|error| QueryError::Sql { reason: error.to_string() })?,
                )
            }
            Kind::Date => {
                let mut days = Vec::with_capacity(table.rows.len());
                for value in values {
                    days.push(match value {
                        "" => None,
                        value => Some(day_number(value).ok_or_else(|| refused(value, "it is no date"))?),
                    });
                }
                Arc::new(Date32Array::from(days))
            }
        };
        fields.push(Field::new(&column.name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(table.rows.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|error| QueryError::Sql { reason: error.to_string() })
}

fn decimals(value: &str) -> usize {
    value.split_once('.').map_or(0, |(_, decimals)| decimals.len())
}

/// A decimal number as a whole number of its last decimals.
fn scaled(value: &str, scale: usize) -> Option<i128> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let digits = format!("{whole}{decimals:0<scale$}");
    if digits.trim_start_matches(['-', '0']).len() > DIGITS - 2 {
        return None;
    }
    digits.parse().ok()
}

/// Days since 1970-01-01 (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms,
/// days_from_civil).
fn day_number(date: &str) -> Option<i32> {
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = year - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

fn kind_of(data: &DataType) -> Kind {
    match data {
        data if data.is_numeric() => Kind::Number,
        DataType::Date32 | DataType::Date64 => Kind::Date,
        _ => Kind::Text,
    }
}

/// The values of a column as tables write them; empty where there is none.
fn texts(array: &ArrayRef) -> Result<Vec<String>, QueryError> {
    let as_type =
        |data: &DataType| cast(array, data).map_err(|error| QueryError::Sql { reason: error.to_string() });
    let text =
        |i: usize, text: &dyn Fn(usize) -> String| if array.is_null(i) { String::new() } else { text(i) };
    let rows = 0..array.len();
    Ok(match array.data_type() {
        DataType::Null => vec![String::new(); array.len()],
        DataType::Decimal128(..) => {
            let numbers = array.as_primitive::<Decimal128Type>();
            rows.map(|i| text(i, &|i| numbers.value_as_string(i))).collect()
        }
        DataType::Decimal256(..) => {
            let numbers = array.as_primitive::<Decimal256Type>();
            rows.map(|i| text(i, &|i| numbers.value_as_string(i))).collect()
        }
        DataType::UInt64 => {
            let numbers = array.as_primitive::<UInt64Type>();
            rows.map(|i| text(i, &|i| numbers.value(i).to_string())).collect()
        }
        data if data.is_integer() => {
            let numbers = as_type(&DataType::Int64)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            rows.map(|i| text(i, &|i| numbers.value(i).to_string())).collect()
        }
        data if data.is_floating() => {
            let numbers = as_type(&DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            rows.map(|i| text(i, &|i| numbers.value(i).to_string())).collect()
        }
        DataType::Date32 | DataType::Date64 => {
            let days = as_type(&DataType::Date32)?;
            let days = days.as_primitive::<Date32Type>();
            rows.map(|i| text(i, &|i| days.value_as_date(i).map_or_else(String::new, |day| day.to_string())))
                .collect()
        }
        _ => {
            let texts = as_type(&DataType::Utf8)?;
            let texts = texts.as_string::<i32>();
            rows.map(|i| text(i, &|i| texts.value(i).to_owned())).collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use inhouse_agent::table::Evidence;

    fn table(columns: &[(&str, Kind)], rows: &[&[&str]]) -> Table {
        Table {
            columns: columns.iter().map(|(name, kind)| Column::new(*name, *kind)).collect(),
            rows: rows
                .iter()
                .map(|row| row.iter().map(|text| Value::new(*text, Evidence::Given)).collect())
                .collect(),
        }
    }

    fn bank() -> Table {
        table(
            &[("day", Kind::Date), ("amount", Kind::Number), ("text", Kind::Text)],
            &[
                &["2026-03-01", "1200.00", "Rent"],
                &["2026-03-04", "-0.10", "Fee"],
                &["2026-03-04", "0.3", "客户回款"],
                &["", "", ""],
            ],
        )
    }

    async fn ask(sql: &str) -> Result<Vec<Vec<String>>, QueryError> {
        let bank = bank();
        let table = query(sql, &[("bank", &bank)]).await?.table;
        Ok(table.rows.into_iter().map(|row| row.into_iter().map(|value| value.text).collect()).collect())
    }

    #[tokio::test]
    async fn sums_are_exact_and_dates_are_dates() {
        let sum = ask("select sum(amount) as s, count(*) as n, max(day) as d from bank").await.expect("rows");
        assert_eq!(sum, [["1200.20", "4", "2026-03-04"]]);
        let days = ask("select day - date '2026-02-28' as d, text from bank where text like '客户%'").await;
        assert_eq!(days.expect("rows")[0][1], "客户回款");
        let rows = ask("select row_no as bank_row, amount from bank where amount < 0").await.expect("rows");
        assert_eq!(rows, [["2", "-0.10"]]);
        assert_eq!(ask("select amount from bank where amount is null").await.expect("rows"), [[""]]);
        assert_eq!(ask("select text from bank where text = ''").await.expect("rows").len(), 1);
        assert_eq!(
            ask("select case when amount > 0 then 'in' else 'out' end as w from bank limit 1")
                .await
                .expect("rows"),
            [["in"]]
        );
    }

    #[tokio::test]
    async fn an_answer_says_which_columns_it_hands_on() {
        let bank = bank();
        let book = table(&[("text", Kind::Text), ("amount", Kind::Number)], &[&["Rent", "1200"]]);
        /// Of each column, tables and their columns.
        type Expected = &'static [&'static [(&'static str, &'static str)]];
        let cases: [(&str, Expected); 7] = [
            ("select text as t, amount * 2 as a from bank", &[&[("bank", "text")], &[]]),
            (
                "select * from (select text, amount from bank) b where amount > 0",
                &[&[("bank", "text")], &[("bank", "amount")]],
            ),
            (
                "select b.row_no as bank_row, k.amount, b.amount - k.amount as off from bank b join book k on b.text = k.text",
                &[&[("bank", "row_no")], &[("book", "amount")], &[]],
            ),
            (
                "select text from bank union all select text from book",
                &[&[("bank", "text"), ("book", "text")]],
            ),
            (
                "select text, max(day), sum(amount) from bank group by text",
                &[&[("bank", "text")], &[("bank", "day")], &[]],
            ),
            (
                "with c as (select coalesce(text, 'x') as t from bank) select case when t = '' then 'none' else t end from c order by 1 limit 2",
                &[&[("bank", "text")]],
            ),
            ("select distinct text || '!' from bank", &[&[]]),
        ];
        for (sql, expected) in cases {
            let queried = query(sql, &[("bank", &bank), ("book", &book)]).await.expect(sql);
            let found: Vec<Vec<(&str, &str)>> = queried
                .origins
                .iter()
                .map(|origins| {
                    origins.iter().map(|(table, column)| (table.as_str(), column.as_str())).collect()
                })
                .collect();
            assert_eq!(found, expected, "{sql}");
        }
    }

    #[tokio::test]
    async fn a_question_only_reads() {
        for sql in [
            "create table x as select 1",
            "insert into bank values (null, 1, 'x', 1)",
            "drop table bank",
            "copy bank to 'x.csv'",
            "set datafusion.execution.batch_size = 1",
            "create external table e stored as csv location '/etc/passwd'",
            "select * from '/etc/passwd'",
        ] {
            assert!(matches!(ask(sql).await, Err(QueryError::Sql { .. })), "{sql}");
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_told() {
        let Err(QueryError::Sql { reason }) = ask("select amuont from bank").await else {
            panic!("an error")
        };
        assert!(reason.contains("amuont"), "{reason}");
        let long = table(&[("n", Kind::Number)], &[&["123456789012345678901234567890123456789"]]);
        assert!(matches!(query("select n from t", &[("t", &long)]).await, Err(QueryError::Value { .. })));
        let no_date = table(&[("d", Kind::Date)], &[&["2026-13-01"]]);
        assert!(matches!(query("select d from t", &[("t", &no_date)]).await, Err(QueryError::Value { .. })));
        let bank = bank();
        let others: Vec<String> = (1..16).map(|i| format!("cross join bank b{i}")).collect();
        let sum: Vec<String> = (1..16).map(|i| format!("b{i}.row_no")).collect();
        let endless = format!("select max({}) from bank {}", sum.join(" + "), others.join(" "));
        let stopped = query_within(&endless, &[("bank", &bank)], Duration::from_millis(300)).await;
        assert!(matches!(stopped, Err(QueryError::TooMuch { .. })), "{stopped:?}");
    }
}
