"""What the product looks at in itself each day, and writes into the sealed record as `check.run`.

Events say what somebody did. That no script watches a labeler, or that no column holds a feeling, is no event: it is
so, or it is not, on each day. `OF_PRODUCT` looks at the shipped files and the database as they are; `OF_VENDORS` at
rows of one vendor's people. Who adds a rule to the standard that rests on such a fact adds its function here.
"""

from __future__ import annotations

from labeler.compliance.selfchecks import controls, readers, register, rows, schema, watching
from labeler.compliance.selfchecks.found import OfProduct, OfVendor

OF_PRODUCT: dict[str, OfProduct] = {
    "OPT-1": schema.opt_1,
    "OPT-5": readers.opt_5,
    "OPT-6": controls.opt_6,
    "OPT-7": controls.opt_7,
    "OPT-9": rows.opt_9,
    "EXP-10": controls.exp_10,
    "WRN-5": controls.wrn_5,
    "BRK-11": watching.brk_11,
    "PAY-5": rows.pay_5,
    "MON-1": schema.mon_1,
    "MON-2": watching.mon_2,
    "MON-3": schema.mon_3,
    "MON-4": watching.mon_4,
    "MON-5": rows.mon_5,
    "MON-6": rows.mon_6,
    "DEC-4": register.dec_4,
    "DIV-1": schema.div_1,
    "DIV-2": readers.div_2,
    "GOV-2": rows.gov_2,
}
"""By rule: what is true of the whole product; written into the platform's log."""

OF_VENDORS: dict[str, OfVendor] = {
    "OPT-3": rows.opt_3,
    "EXP-9": rows.exp_9,
    "DEC-5": rows.dec_5,
    "PAY-2": rows.pay_2,
    "GRV-3": rows.grv_3,
}
"""By rule: what is true of one vendor's people; written into its log."""
