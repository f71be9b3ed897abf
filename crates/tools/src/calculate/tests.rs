//! What `calculate` promises: tables of cases in both languages, and thousands of random ones held
//! against a second, simpler computation.

use super::*;

fn evaluate(expression: &str) -> Result<Calculated, CalculateError> {
    calculate(&Calculation::Evaluate { expression: expression.to_owned() })
}

fn value(expression: &str) -> String {
    evaluate(expression).unwrap_or_else(|error| panic!("{expression}: {error}")).value
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn expressions_have_their_values() {
    let cases = [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("80 + 120", "200"),
        ("0.1 + 0.2", "0.3"),
        ("1,234,567.89 * 2", "2469135.78"),
        ("10 / 4", "2.5"),
        ("1 / 3 * 3", "1"),
        ("2 / 3", "0.66666666666666666667"),
        ("-2^2", "-4"),
        ("(-2)^2", "4"),
        ("2^3^2", "512"),
        ("2^-2", "0.25"),
        ("7 % 3", "1"),
        ("-7 mod 3", "2"),
        ("15%", "0.15"),
        ("200 * 15%", "30"),
        ("200 * (1 + 6%)", "212"),
        ("6% + 3%", "0.09"),
        ("1 - 20%", "0.8"),
        ("200 + (15%)", "200.15"),
        ("5‰ * 1000", "5"),
        ("round(2.345; 2)", "2.35"),
        ("round(-2.5)", "-3"),
        ("round_half_even(2.5)", "2"),
        ("round(1234.5; -2)", "1200"),
        ("ceil(2.1)", "3"),
        ("floor(-2.1)", "-3"),
        ("floor(19.99; 1)", "19.9"),
        ("abs(-3)", "3"),
        ("sum(1; 2; 3.5)", "6.5"),
        ("avg(1, 2, 4)", "2.3333333333333333333"),
        ("min(3; 1; 2) + max(3; 1; 2)", "4"),
        ("count(5; 5; 5)", "3"),
        ("sum((1,000 + 2), 3)", "1005"),
        ("sum(1,234; 5)", "1239"),
        ("sum(max(1, 2); 3; 1,000)", "1005"),
        ("sum(100, 200, 300)", "600"),
        ("3 x 4", "12"),
        ("１，２００×（１＋６％）", "1272"),
        ("￥1,200 ÷ 4", "300"),
        ("$ 5 - €2", "3"),
        ("三万五千 / 4", "8750"),
        ("壹佰贰拾元整 * 2", "240"),
        ("人民币壹仟陆佰捌拾元零叁角贰分", "1680.32"),
        ("120元5角3分", "120.53"),
        ("伍角", "0.5"),
        ("3.5万 + 5千", "40000"),
        ("3万5千", "35000"),
        ("1.2亿", "120000000"),
        ("2万亿", "2000000000000"),
        ("三点一四 * 2", "6.28"),
        ("百分之十五 * 200", "30"),
        ("二〇二五 - 1", "2024"),
        ("99999999999999999999999999 + 1", "100000000000000000000000000"),
    ];
    for (expression, result) in cases {
        assert_eq!(value(expression), result, "{expression}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_a_way_out() {
    let cases = [
        ("1 + ", 5, "missing at the end"),
        ("1 + * 2", 5, "missing before it"),
        ("1 2", 3, "a sign is missing"),
        ("(1 + 2", 1, "never closed"),
        ("1 + 2)", 6, "no value or bracket"),
        ("1 / 0", 3, "divides by zero"),
        ("5 mod (2 - 2)", 3, "divides by zero"),
        ("200 + 15%", 5, "200 * (1 + 15%)"),
        ("sum(1; 2,3)", 8, "1,234.56"),
        ("sum(100,200,300)", 5, "part the values with ;"),
        ("1,23", 1, "1,234.56"),
        ("1.234,56", 1, "1,234.56"),
        ("sqrt(4)", 1, "write one of round"),
        ("round(1; 2; 3)", 1, "round(2.345; 2)"),
        ("round(1; 0.5)", 1, "whole number"),
        ("avg()", 1, "at least one"),
        ("2^0.5", 2, "roots are not calculated"),
        ("9^999", 2, "too large"),
        ("0^0", 2, "zero has no power"),
        ("三万五", 1, "五千"),
        ("3万5", 1, "two ways"),
        ("120元5", 1, "120元5角3分"),
        ("1; 2", 2, "only within a function"),
        ("12 apples", 4, "sign is missing"),
        ("5 + @", 5, "a number is missing"),
    ];
    for (expression, character, part) in cases {
        let error = evaluate(expression).expect_err(expression);
        assert_eq!(error.character, Some(character), "{expression}: {error}");
        assert!(error.to_string().contains(part), "{expression}: {error}");
    }
}

#[test]
fn a_result_says_how_it_came_about() {
    let result = evaluate("round(1,200 × (1 + 6%) ÷ 7; 2)").expect("a value");
    assert_eq!(result.value, "181.71");
    assert_eq!(result.normalised, "round(1200 × (1 + 6%) ÷ 7; 2)");
    assert_eq!(
        result.steps,
        [
            "6% = 0.06",
            "1 + 0.06 = 1.06",
            "1,200 × 1.06 = 1,272",
            "1,272 ÷ 7 = ≈ 181.71428571428571429 (1272/7)",
            "round(≈ 181.71428571428571429 (1272/7); 2) = 181.71"
        ]
    );
    assert!(result.exact);
    assert!(!evaluate("1 / 3").expect("a value").exact);
}

#[test]
fn nothing_grows_beyond_its_bounds() {
    let long = "1+".repeat(1001);
    let nested = format!("{}1{}", "(".repeat(60), ")".repeat(60));
    let squares = format!("({})^2", "((9^300)^3)");
    for (expression, part) in [
        (long.as_str(), "longer than 2000"),
        (nested.as_str(), "within each other"),
        (squares.as_str(), "too large"),
        ("9^300 * 9^300", "too large"),
        ("1/9^300 + 1/7^300", "too large"),
        (&"9".repeat(61), "more than 60 digits"),
        (&"-".repeat(100), "within each other"),
        ("", "empty"),
    ] {
        let error = evaluate(expression).expect_err(part).to_string();
        assert!(error.contains(part), "{error}");
    }
    let sum = format!("1{}", "+1".repeat(990));
    let result = evaluate(&sum).expect("a value");
    assert_eq!(result.value, "991");
    assert_eq!(result.steps.last().map(String::as_str), Some("and 790 more steps"));
    let values = vec!["1".to_owned(); 1001];
    assert!(calculate(&Calculation::Aggregate { function: Aggregate::Sum, values }).is_err());
}

#[test]
fn lists_have_their_figures() {
    let of = |function, values: &[&str]| {
        calculate(&Calculation::Aggregate { function, values: texts(values) }).map(|result| result.value)
    };
    let values = ["1,234.50", "三万五千", "500 * 2", "￥12"];
    assert_eq!(of(Aggregate::Sum, &values).as_deref(), Ok("37246.5"));
    assert_eq!(of(Aggregate::Average, &values).as_deref(), Ok("9311.625"));
    assert_eq!(of(Aggregate::Min, &values).as_deref(), Ok("12"));
    assert_eq!(of(Aggregate::Max, &values).as_deref(), Ok("35000"));
    assert_eq!(of(Aggregate::Count, &values).as_deref(), Ok("4"));
    assert_eq!(of(Aggregate::Count, &[]).as_deref(), Ok("0"));
    assert_eq!(of(Aggregate::Sum, &[]).as_deref(), Ok("0"));
    assert!(of(Aggregate::Average, &[]).is_err());
    let error = of(Aggregate::Sum, &["1", "two"]).expect_err("two is no number");
    assert_eq!((error.argument.as_str(), error.character), ("values[1]", Some(1)));
}

#[test]
fn amounts_are_written_in_capitals() {
    let of = |amount: &str| {
        calculate(&Calculation::AmountInCapitals { amount: amount.into() }).map(|result| result.value)
    };
    assert_eq!(of("120").as_deref(), Ok("人民币壹佰贰拾元整"));
    assert_eq!(of("1,200 * 1.06 + 0.05").as_deref(), Ok("人民币壹仟贰佰柒拾贰元零伍分"));
    assert!(of("10 / 3").is_err());
}

#[test]
fn dates_are_counted() {
    let difference = |from: &str, to: &str| {
        calculate(&Calculation::DateDifference { from: from.into(), to: to.into() }).expect("two dates")
    };
    let result = difference("2025-01-31", "2025年3月1日");
    assert_eq!(result.value, "29");
    assert_eq!(
        result.steps,
        [
            "2025-01-31 to 2025-03-01: 29 days, the first day not counted",
            "= 4 weeks and 1 day",
            "= 1 month and 1 day",
            "= 0 years, 1 month and 1 day",
            "both days counted: 30 days"
        ]
    );
    assert_eq!(difference("2024-02-28", "2024-03-01").value, "2");
    assert_eq!(difference("2025-03-01", "2025-01-31").value, "-29");
    assert_eq!(difference("2025-03-01", "2025-01-31").steps[2], "= -(1 month and 1 day)");

    let add = |date: &str, years, months, weeks, days| {
        calculate(&Calculation::AddToDate { date: date.into(), years, months, weeks, days })
            .map(|result| result.value)
    };
    assert_eq!(add("2025-01-31", 0, 1, 0, 0).as_deref(), Ok("2025-02-28"));
    assert_eq!(add("2024-02-29", 1, 0, 0, 0).as_deref(), Ok("2025-02-28"));
    assert_eq!(add("2025-03-31", 0, -1, 0, 0).as_deref(), Ok("2025-02-28"));
    assert_eq!(add("2025-12-31", 0, 0, 2, 1).as_deref(), Ok("2026-01-15"));
    assert!(add("9999-12-31", 0, 0, 0, 1).is_err());
    assert!(add("2025-01-01", i32::MIN, i32::MIN, i32::MIN, i32::MIN).is_err());

    let weekday = calculate(&Calculation::Weekday { date: "2025-10-01".into() }).expect("a date");
    assert_eq!((weekday.value.as_str(), weekday.steps[0].contains("星期三")), ("Wednesday", true));

    let age = |born: &str, on: &str| {
        calculate(&Calculation::Age { born: born.into(), on: on.into() }).map(|result| result.value)
    };
    assert_eq!(age("1990-05-17", "2025-05-16").as_deref(), Ok("34"));
    assert_eq!(age("1990-05-17", "2025-05-17").as_deref(), Ok("35"));
    assert_eq!(age("2004-02-29", "2025-02-28").as_deref(), Ok("21"));
    assert!(age("2025-01-02", "2025-01-01").is_err());

    let last =
        |date: &str, of| calculate(&Calculation::LastDay { date: date.into(), of }).expect("a date").value;
    assert_eq!(last("2024-02-05", Period::Month), "2024-02-29");
    assert_eq!(last("2025-04-01", Period::Quarter), "2025-06-30");
    assert_eq!(last("2025-12-31", Period::Quarter), "2025-12-31");
    assert_eq!(last("2025-04-01", Period::Year), "2025-12-31");
}

#[test]
fn working_days_know_holidays_and_worked_weekends() {
    // The national day and mid-autumn holiday of 2025 in China.
    let holidays: Vec<String> = (1..=8).map(|day| format!("2025-10-0{day}")).collect();
    let worked = texts(&["2025年9月28日", "2025-10-11"]);
    let count = |from: &str, to: &str| {
        calculate(&Calculation::WorkingDays {
            from: from.into(),
            to: to.into(),
            holidays: holidays.clone(),
            worked: worked.clone(),
        })
        .expect("two dates")
    };
    let result = count("2025-09-28", "2025-10-12");
    assert_eq!(result.value, "6");
    assert_eq!(
        result.steps,
        [
            "2025-09-28 to 2025-10-12: 15 days, both counted",
            "Monday to Friday, worked: 4",
            "Saturdays and Sundays that are worked: 2",
            "Saturdays and Sundays off: 3",
            "holidays on other days: 6",
            "= 6 working days"
        ]
    );
    assert_eq!(count("2025-10-12", "2025-09-28").value, "-6");
    let add = |date: &str, days| {
        calculate(&Calculation::AddWorkingDays {
            date: date.into(),
            days,
            holidays: holidays.clone(),
            worked: worked.clone(),
        })
        .map(|result| result.value)
    };
    assert_eq!(add("2025-09-30", 1).as_deref(), Ok("2025-10-09"));
    assert_eq!(add("2025-09-30", 3).as_deref(), Ok("2025-10-11"));
    assert_eq!(add("2025-09-29", -1).as_deref(), Ok("2025-09-28"));
    assert_eq!(add("2025-09-29", 0).as_deref(), Ok("2025-09-29"));
    assert!(add("2025-09-29", i32::MAX).is_err());
    assert!(add("2025-09-29", i32::MIN).is_err());
    let both = Calculation::WorkingDays {
        from: "2025-10-01".into(),
        to: "2025-10-02".into(),
        holidays: texts(&["2025-10-01"]),
        worked: texts(&["2025-10-01"]),
    };
    assert!(calculate(&both).expect_err("it is both").to_string().contains("2025-10-01"));
}

#[test]
fn durations_are_added() {
    let sum = |durations: &[&str]| {
        calculate(&Calculation::SumDurations { durations: texts(durations) }).map(|result| result.value)
    };
    assert_eq!(sum(&["7:45", "8:30", "９：００"]).as_deref(), Ok("25:15"));
    assert_eq!(sum(&["7小时45分", "90分钟", "1h 30min", "-0:45"]).as_deref(), Ok("10:00"));
    assert_eq!(sum(&["0:59:59", "0:00:02"]).as_deref(), Ok("1:00:01"));
    assert_eq!(sum(&["100:00"]).as_deref(), Ok("100:00"));
    assert_eq!(sum(&[]).as_deref(), Ok("0:00"));
    for wrong in ["7:60", "7.5", "7:5", "1:2:3:4", "a", "", "3 apples", "1h90m", "-"] {
        assert!(sum(&[wrong]).is_err(), "{wrong}");
    }
}

/// A random whole expression, and its value by plain 128-bit arithmetic.
fn whole(random: &mut fastrand::Rng, depth: u32) -> (String, i128) {
    if depth == 0 || random.u8(..4) == 0 {
        let number = random.i64(0..10_000);
        return (number.to_string(), number.into());
    }
    let ((left, a), (right, b)) = (whole(random, depth - 1), whole(random, depth - 1));
    match random.u8(..4) {
        0 => (format!("({left} + {right})"), a + b),
        1 => (format!("({left} - {right})"), a - b),
        2 => (format!("({left}*{right})"), a * b),
        _ => (format!("-({left})"), -a),
    }
}

#[test]
fn random_whole_expressions_agree_with_machine_arithmetic() {
    let mut random = fastrand::Rng::with_seed(20_251_001);
    for _ in 0..3000 {
        let (expression, expected) = whole(&mut random, 3);
        let result = evaluate(&expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(result.value, expected.to_string(), "{expression}");
        assert_eq!(value(&result.normalised), result.value, "{expression} as {}", result.normalised);
    }
}

#[test]
fn random_fractions_agree_with_floats() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..3000 {
        let (a, b) = (random.u32(1..1_000_000), random.u32(1..1_000_000));
        let digits = random.u8(..6);
        let exact: f64 = value(&format!("{a} / {b}")).parse().expect("a number");
        assert!((exact - f64::from(a) / f64::from(b)).abs() <= 1e-12 * exact.abs(), "{a} / {b}");
        let rounded: f64 = value(&format!("round({a}.5 / {b}; {digits})")).parse().expect("a number");
        let near = (f64::from(a) + 0.5) / f64::from(b);
        assert!((rounded - near).abs() <= 0.5001 / 10_f64.powi(digits.into()) + near * 1e-12, "{a} / {b}");
    }
}

#[test]
fn amounts_in_capitals_are_read_back() {
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..5000 {
        let size = 10_i64.pow(random.u32(1..18));
        let cents = random.i64(0..size);
        let amount = Exact::decimal(cents.into(), 2);
        let capitals = capitals::amount(&amount).expect("an amount");
        assert_eq!(value(&capitals), amount.show_plain(), "{capitals}");
    }
}

#[test]
fn random_working_days_agree_with_a_count_day_by_day() {
    let mut random = fastrand::Rng::with_seed(13);
    for _ in 0..500 {
        let start = random.i64(0..30_000);
        let length = random.i64(0..400);
        let day = |number: i64| date::Date::from_number(number).expect("a date");
        let holidays: Vec<i64> = (0..random.usize(..10)).map(|_| start + random.i64(0..400)).collect();
        let worked: Vec<i64> = (0..random.usize(..10))
            .map(|_| start + random.i64(0..400))
            .filter(|d| !holidays.contains(d))
            .collect();
        let is_working = |number: i64| {
            // 1970-01-01 was a Thursday.
            let weekend = matches!((number + 4).rem_euclid(7), 0 | 6);
            worked.contains(&number) || (!weekend && !holidays.contains(&number))
        };
        let expected = (start..=start + length).filter(|number| is_working(*number)).count();
        let named = |days: &[i64]| days.iter().map(|number| day(*number).to_string()).collect::<Vec<_>>();
        let (from, to) = (day(start).to_string(), day(start + length).to_string());
        let (holidays, worked) = (named(&holidays), named(&worked));
        let counted = Calculation::WorkingDays {
            from: from.clone(),
            to,
            holidays: holidays.clone(),
            worked: worked.clone(),
        };
        assert_eq!(calculate(&counted).expect("two dates").value, expected.to_string());
        // So many working days after the day before the first one leads to the last working day.
        let before = day(start - 1).to_string();
        let days = i32::try_from(expected).expect("a small number");
        let added =
            calculate(&Calculation::AddWorkingDays { date: before, days, holidays, worked }).expect("a date");
        let last = (start..=start + length).rev().find(|number| is_working(*number)).unwrap_or(start - 1);
        assert_eq!(added.value, day(last).to_string());
    }
}

#[test]
fn random_texts_never_panic() {
    const PIECES: [&str; 32] = [
        "1",
        "23",
        "4.5",
        ",",
        ";",
        "(",
        ")",
        "+",
        "-",
        "*",
        "/",
        "^",
        "%",
        "万",
        "三",
        "百",
        "元",
        "角",
        "分",
        "零",
        "sum(",
        "round(",
        "avg",
        "mod",
        " ",
        "百分之",
        "点",
        "人民币",
        "￥",
        "x",
        "五千",
        "‰",
    ];
    let mut random = fastrand::Rng::with_seed(17);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..20_000 {
        let text: String = (0..random.usize(1..12)).map(|_| PIECES[random.usize(..PIECES.len())]).collect();
        match evaluate(&text) {
            Ok(result) => {
                good += 1;
                assert_eq!(value(&result.normalised), result.value, "{text} as {}", result.normalised);
            }
            Err(_) => bad += 1,
        }
        // Dates and durations see the same texts.
        drop(calculate(&Calculation::Weekday { date: text.clone() }));
        drop(calculate(&Calculation::SumDurations { durations: vec![text] }));
    }
    assert!(good > 500 && bad > 500, "{good} of them had a value, {bad} had none");
}
