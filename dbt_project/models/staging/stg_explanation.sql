select
    subject,
    rule_id,
    file_id
from {{ source('raw', 'explanation') }}
