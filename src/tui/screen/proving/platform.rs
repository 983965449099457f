//! What people need to know of each platform, and what they do on its console afterwards.

use ratatui::layout::Rect;

use crate::{
    ceremony::Platform,
    tui::{canvas::Canvas, theme::Role},
};

/// A platform in words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Words {
    /// Its name.
    pub name: &'static str,
    /// Where the code is found.
    pub code: &'static str,
    /// What it takes and what it wants.
    pub rules: &'static [&'static str],
    /// What is done on the console with the files, in order.
    pub steps: &'static [&'static str],
    /// The same as commands, one a row, where there are any.
    pub commands: &'static [&'static str],
}

/// The words for a platform.
#[must_use]
pub fn words(platform: Platform) -> Words {
    match platform {
        Platform::Aws => AWS,
        Platform::Azure => AZURE,
        Platform::Alibaba => ALIBABA,
    }
}

/// The platforms, the chosen one with what people need to know of it.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, chosen: usize) {
    canvas.text(area.x, area.y, area.width, "Which platform shall know the CA?", Role::Strong);
    for (row, (name, platform)) in Platform::ALL.iter().enumerate() {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        let (mark, role) = if row == chosen { (">", Role::Selected) } else { (" ", Role::Plain) };
        canvas.row(area, y, &format!("{mark} {:<20}({name})", words(*platform).name), role);
    }
    let mut y = area.y + 5;
    let Some((_, platform)) = Platform::ALL.get(chosen) else { return };
    let words = words(*platform);
    canvas.rule(area, y, words.name);
    y += 1;
    let code = format!("The code: {}.", words.code);
    for text in std::iter::once(code.as_str()).chain(words.rules.iter().copied()) {
        canvas.text(area.x, y, 1, "-", Role::Faint);
        let below = Rect {
            x: area.x + 2,
            y,
            width: area.width.saturating_sub(2),
            height: area.bottom().saturating_sub(y),
        };
        y += canvas.paragraph(below, text, Role::Plain);
    }
}

const AWS: Words = Words {
    name: "AWS IoT Core",
    code: "aws iot get-registration-code; the same code stays valid until it is deleted there",
    rules: &[
        "The code has 64 hexadecimal digits. Capital and small letters differ: it is never changed here.",
        "Register the CA that signs the devices itself, not one above it. Keys: RSA from 2048 bits, P-256, P-384, P-521.",
        "One account of a region can hold the CA this way. Registered as SNI_ONLY it needs no proof at all.",
        "At most ten CAs of one account may have the same subject.",
    ],
    steps: &[
        "In the console: AWS IoT, Security, Certificate authorities, Register CA certificate.",
        "Upload ca.pem as CA certificate and certificates.pem as verification certificate; set the CA active.",
        "Automatic registration on: devices appear by themselves when they connect first.",
    ],
    commands: &[
        "aws iot register-ca-certificate --ca-certificate file://ca.pem \\",
        "  --verification-certificate file://certificates.pem --set-as-active",
    ],
};

const AZURE: Words = Words {
    name: "Azure IoT Hub, DPS",
    code: "upload ca.pem first (Settings, Certificates, Add), open it there, Generate Verification Code",
    rules: &[
        "The code's form is not documented: type it exactly as it is shown. Generating another one voids it.",
        "It ends after a while, which the portal shows: generate it shortly before the ceremony.",
        "The certificate is proved where it was uploaded: a hub and a provisioning service each have a code of their own.",
        "Devices must send their certificate and all CAs up to the one that is proved.",
    ],
    steps: &[
        "In the portal: the IoT Hub or the provisioning service, Settings, Certificates, the CA's certificate.",
        "Upload certificates.pem as Verification Certificate and choose Verify: the status becomes Verified.",
    ],
    commands: &[
        "az iot dps certificate verify --dps-name NAME --certificate-name CA \\",
        "  --path certificates.pem --etag ETAG",
    ],
};

const ALIBABA: Words = Words {
    name: "Alibaba Cloud IoT",
    code: "IoT Platform console, Devices, CA Certificates, Register CA Certificate: it stands in that window",
    rules: &[
        "CAs with an RSA key only, as device certificates must be signed with RSA.",
        "Region China (Shanghai) only, for devices that connect directly by MQTT; at most ten CAs an account.",
        "The name given to the CA there has 4 to 30 letters, digits and underscores.",
        "Note each device certificate's serial number: devices are bound by it, and it must be unique.",
    ],
    steps: &[
        "In the console: IoT Platform, Devices, CA Certificates, Register CA Certificate.",
        "Give a name; upload ca.pem as CA Certificate and certificates.pem as Validation Certificate; OK.",
        "Bind each device by its certificate's serial number: devices.csv of a delivery has them.",
    ],
    commands: &[],
};

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn every_platform_has_rules_and_steps_that_fit_the_smallest_terminal() {
        for (name, platform) in Platform::ALL {
            let words = words(platform);
            assert!(words.rules.len() >= 3 && words.steps.len() >= 2, "{name}");
            assert!(words.name.width() <= 19, "{name}");
            let commands = words.commands.iter();
            assert!(commands.into_iter().all(|row| row.width() <= 78 && row.is_ascii()), "{name}");
        }
    }
}
