select
    from_code,
    to_code,
    change_date,
    kind,
    weight,
    weight_basis,
    source
from {{ source('raw', 'division_change') }}
