select
    from_code,
    to_code,
    change_date,
    kind,
    weight,
    weight_basis,
    source
from {{ ref('stg_division_change') }}
