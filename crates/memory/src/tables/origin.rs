//! Which columns of the tables a column of an answer hands on unchanged.

use std::collections::BTreeSet;

use datafusion::common::JoinType;
use datafusion::logical_expr::expr::{AggregateFunction, Case, ScalarFunction};
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan};

/// Aggregates whose result is one of the values that they saw.
const CHOOSING: [&str; 5] = ["min", "max", "first_value", "last_value", "any_value"];
/// Functions whose result is one of their arguments.
const HANDING_ON: [&str; 3] = ["coalesce", "greatest", "least"];

/// A table and one of its columns.
pub type Origin = (String, String);

/// The columns of tables whose values the column `at` of a plan's rows may hold, unchanged. Of what is
/// computed there are none.
pub fn origins(plan: &LogicalPlan, at: usize) -> BTreeSet<Origin> {
    match plan {
        LogicalPlan::Projection(projection) => of(projection.expr.get(at), &projection.input),
        LogicalPlan::Filter(filter) => origins(&filter.input, at),
        LogicalPlan::Sort(sort) => origins(&sort.input, at),
        LogicalPlan::Limit(limit) => origins(&limit.input, at),
        LogicalPlan::Repartition(repartition) => origins(&repartition.input, at),
        LogicalPlan::SubqueryAlias(alias) => origins(&alias.input, at),
        LogicalPlan::Subquery(subquery) => origins(&subquery.subquery, at),
        LogicalPlan::Distinct(Distinct::All(input)) => origins(input, at),
        LogicalPlan::Distinct(Distinct::On(on)) => of(on.select_expr.get(at), &on.input),
        LogicalPlan::Window(window) if at < window.input.schema().fields().len() => {
            origins(&window.input, at)
        }
        LogicalPlan::Aggregate(aggregate) => {
            let groups = aggregate.group_expr.len();
            let expr = match at.checked_sub(groups) {
                None => aggregate.group_expr.get(at),
                Some(at) => aggregate.aggr_expr.get(at),
            };
            of(expr, &aggregate.input)
        }
        LogicalPlan::Join(join) => {
            let left = match join.join_type {
                JoinType::RightSemi | JoinType::RightAnti => 0,
                _ => join.left.schema().fields().len(),
            };
            match at.checked_sub(left) {
                None => origins(&join.left, at),
                Some(at) if at < join.right.schema().fields().len() => origins(&join.right, at),
                Some(_) => BTreeSet::new(),
            }
        }
        LogicalPlan::Union(union) => union.inputs.iter().flat_map(|input| origins(input, at)).collect(),
        LogicalPlan::TableScan(scan) => match scan.projected_schema.fields().get(at) {
            Some(field) => BTreeSet::from([(scan.table_name.table().to_owned(), field.name().clone())]),
            None => BTreeSet::new(),
        },
        _ => BTreeSet::new(),
    }
}

fn of(expr: Option<&Expr>, input: &LogicalPlan) -> BTreeSet<Origin> {
    let all = |exprs: &mut dyn Iterator<Item = &Expr>| {
        exprs.flat_map(|expr| of(Some(expr), input)).collect::<BTreeSet<_>>()
    };
    match expr {
        Some(Expr::Column(column)) => match input.schema().maybe_index_of_column(column) {
            Some(at) => origins(input, at),
            None => BTreeSet::new(),
        },
        Some(Expr::Alias(alias)) => of(Some(&alias.expr), input),
        Some(Expr::Cast(cast)) => of(Some(&cast.expr), input),
        Some(Expr::TryCast(cast)) => of(Some(&cast.expr), input),
        Some(Expr::Case(Case { when_then_expr, else_expr, .. })) => {
            let thens = when_then_expr.iter().map(|(_, then)| then.as_ref());
            all(&mut thens.chain(else_expr.iter().map(AsRef::as_ref)))
        }
        Some(Expr::ScalarFunction(ScalarFunction { func, args })) => match func.name() {
            name if HANDING_ON.contains(&name) => all(&mut args.iter()),
            "nullif" => of(args.first(), input),
            _ => BTreeSet::new(),
        },
        Some(Expr::AggregateFunction(AggregateFunction { func, params }))
            if CHOOSING.contains(&func.name()) =>
        {
            of(params.args.first(), input)
        }
        Some(Expr::ScalarSubquery(subquery)) => origins(&subquery.subquery, 0),
        _ => BTreeSet::new(),
    }
}
