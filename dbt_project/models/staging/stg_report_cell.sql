select
    file_id,
    sheet,
    row_number,
    form_id,
    unit_code,
    cell_unit_code,
    period,
    reported_on,
    item,
    persons
from {{ source('raw', 'report_cell') }}
