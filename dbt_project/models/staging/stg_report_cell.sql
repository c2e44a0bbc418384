select
    file_id,
    sheet,
    row_number,
    form_id,
    unit_code,
    cell_unit_code,
    period,
    reported_on,
    origin_code,
    origin_level,
    dest_code,
    dest_level,
    category,
    item,
    persons
from {{ source('raw', 'report_cell') }} as loaded
where {{ still_stands('loaded') }}
