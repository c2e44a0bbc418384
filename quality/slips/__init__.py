"""Return slips (回执): the sender's own workbook comes back with the wrong cells marked and said why.

``write_slips`` writes one workbook per delivered file that has open findings. A workbook that was sent is edited, part
by part, never rebuilt; what was sent in another format is written out as it was read; where neither is there, or there
is nothing to mend, the slip is a list of the findings.
"""

from quality.slips.wording import NAME_BYTES, safe_name, split_advice
from quality.slips.writing import put_slip, write_slips

__all__ = ["NAME_BYTES", "put_slip", "safe_name", "split_advice", "write_slips"]
