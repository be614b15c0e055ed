"""What every answer tells the browser: whatever a page could do, these limit it."""

from __future__ import annotations

SENSES = (
    "accelerometer", "bluetooth", "browsing-topics", "camera", "clipboard-read", "compute-pressure", "display-capture",
    "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "keyboard-map", "local-fonts", "magnetometer",
    "microphone", "midi", "payment", "screen-wake-lock", "serial", "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip
"""What a browser could tell about a person and where she is, and no page of ours may ask for (MON-2)."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{sense}=()" for sense in SENSES),
}
