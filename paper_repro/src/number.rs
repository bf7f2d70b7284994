//! Numbers as people read them.

/// A number in few characters: `0.0190`, `123.4`, `3.20e-9`, `not a number`.
pub fn compact(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        "not a number".to_string()
    } else if value.is_infinite() {
        if value > 0.0 { "∞".to_string() } else { "−∞".to_string() }
    } else if value == 0.0 {
        "0".to_string()
    } else if value.fract() == 0.0 && size < 1e6 {
        format!("{value:.0}")
    } else if (1e-2..1e5).contains(&size) {
        // `size` lies between two powers of ten, so the exponent is small and exact enough.
        let before = size.log10().floor() as i32;
        format!("{value:.*}", usize::try_from(3 - before).unwrap_or(0))
    } else {
        format!("{value:.2e}")
    }
}

/// A number as it was given, in the fewest digits that mean it: `0.019`, `1e-6`.
pub fn given(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        compact(value)
    } else if (1e-2..1e6).contains(&size) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// A number with two digits that count, for places with little room: `0.84`, `0.0029`, `3.7e-5`.
pub fn brief(value: f64) -> String {
    let size = value.abs();
    if (1e-3..1e4).contains(&size) {
        // Between two powers of ten, so the exponent is small and exact enough.
        let digits = 1 - size.log10().floor() as i32;
        format!("{value:.*}", usize::try_from(digits).unwrap_or(0))
    } else {
        scientific(value, 1)
    }
}

/// A number with `digits` digits after the point of its mantissa: `3.2e-9`; zero is plain `0`.
pub fn scientific(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() { compact(value) } else { format!("{value:.digits$e}") }
}

/// `3.2e-9` as `3.2 × 10⁻⁹`, and a true minus sign; any other text stays as it is.
pub fn typeset(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok();
    match text.split_once('e') {
        Some((mantissa, exponent)) if is_number => {
            let mantissa = mantissa.replace('-', "−");
            let power = power_of_ten(exponent);
            if mantissa == "1" { power } else { format!("{mantissa} × {power}") }
        }
        None if is_number => text.replace('-', "−"),
        _ => text.to_string(),
    }
}

/// `-9` as `10⁻⁹`.
pub fn power_of_ten(exponent: &str) -> String {
    let raised = exponent.chars().map(|c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' | '4'..='9' => char::from_u32(0x2070 + c as u32 - '0' as u32).unwrap_or(c),
        other => other,
    });
    std::iter::once('1').chain(std::iter::once('0')).chain(raised).collect()
}

/// A time: `0.42 s`, `12.3 s`, `4 min 05 s`, `2 h 03 min`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return compact(seconds);
    }
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.2} s"),
        10..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (9.0, "9"),
            (0.019, "0.01900"),
            (123.456, "123.5"),
            (99999.5, "100000"),
            (3.2e-9, "3.20e-9"),
            (-1.0 / 9.0, "-0.1111"),
            (f64::NAN, "not a number"),
            (f64::INFINITY, "∞"),
            (f64::MIN_POSITIVE, "2.23e-308"),
            (1e300, "1.00e300"),
        ] {
            assert_eq!(compact(value), text);
        }
    }

    #[test]
    fn given_and_brief_numbers_have_no_digit_too_many() {
        for (value, as_given, in_brief) in [
            (0.019, "0.019", "0.019"),
            (1e-6, "1e-6", "1.0e-6"),
            (2.9e-3, "2.9e-3", "0.0029"),
            (1000.0, "1000", "1000"),
            (0.0, "0", "0"),
            (f64::NAN, "not a number", "not a number"),
            (-0.84, "-0.84", "-0.84"),
        ] {
            assert_eq!((given(value).as_str(), brief(value).as_str()), (as_given, in_brief));
        }
    }

    #[test]
    fn typesetting_raises_the_exponent_of_numbers_only() {
        for (text, set) in [
            ("3.2e-9", "3.2 × 10⁻⁹"),
            ("1e-1234567890", "10⁻¹²³⁴⁵⁶⁷⁸⁹⁰"),
            ("-0.5", "−0.5"),
            ("nested-lora", "nested-lora"),
            ("theme", "theme"),
            ("", ""),
        ] {
            assert_eq!(typeset(text), set);
        }
    }

    #[test]
    fn durations_change_unit() {
        for (seconds, text) in
            [(0.0, "0.00 s"), (9.99, "10.0 s"), (59.4, "59.4 s"), (65.2, "1 min 05 s"), (7385.0, "2 h 03 min")]
        {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!(duration(f64::NAN), "not a number");
    }
}
